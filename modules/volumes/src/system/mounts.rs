//! What is mounted where: asked of the kernel, never remembered.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
use rustix::io::Errno;
use rustix::mount::{MountFlags, UnmountFlags};

use crate::trouble::{Doing, Result, trouble};

/// Whether something is mounted at `path` (`statx(2)`, Linux 5.8; before that by the table of mounts).
pub fn is_mounted(path: &Path) -> Result<bool> {
    let facts = match statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT, StatxFlags::TYPE) {
        // What is mounted there is gone, as an NFS server is: something is mounted.
        Err(Errno::STALE | Errno::NOTCONN | Errno::IO | Errno::HOSTDOWN) => return Ok(true),
        facts => facts.doing(|| format!("looking at {}", path.display()))?,
    };
    if facts.stx_attributes_mask.contains(StatxAttributes::MOUNT_ROOT) {
        return Ok(facts.stx_attributes.contains(StatxAttributes::MOUNT_ROOT));
    }
    Ok(table("self")?.iter().any(|mount| mount.target == path))
}

/// Mounts. `data` is the file system's own options, as mount(2) takes them.
pub fn mount(source: &Path, target: &Path, kind: &str, flags: MountFlags, data: &str) -> Result<()> {
    let doing = || format!("mounting {} ({kind}) at {}", source.display(), target.display());
    let words = CString::new(data).doing(doing)?;
    rustix::mount::mount(source, target, kind, flags, words.as_c_str()).map_err(|error| match error {
        Errno::NODEV => trouble!("{}: this kernel has no file system {kind}; load its module", doing()),
        Errno::INVAL if !data.is_empty() => trouble!("{}: {error}; the kernel's log says which option", doing()),
        error => trouble!("{}: {error}", doing()),
    })
}

/// Unmounts, and waits a moment for those who are just leaving. Whether it is gone.
pub fn unmount(target: &Path) -> Result<bool> {
    for _ in 0..20 {
        match rustix::mount::unmount(target, UnmountFlags::NOFOLLOW) {
            Ok(()) => {}
            Err(Errno::INVAL) => return Ok(true),
            Err(Errno::BUSY) => sleep(Duration::from_millis(50)),
            Err(error) => return Err(error).doing(|| format!("unmounting {}", target.display())),
        }
        if !is_mounted(target)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// One line of a table of mounts.
#[derive(Debug, PartialEq, Eq)]
pub struct Mount {
    /// `major:minor` of the file system.
    pub device: String,
    /// Which folder of that file system.
    pub root: PathBuf,
    /// Where it is mounted.
    pub target: PathBuf,
    /// Its type, such as ext4.
    pub kind: String,
}

/// The mounts that a process sees: `self`, or a pid. Source: proc(5), `/proc/pid/mountinfo`.
pub fn table(process: &str) -> Result<Vec<Mount>> {
    let path = format!("/proc/{process}/mountinfo");
    let text = fs::read(&path).doing(|| format!("reading {path}"))?;
    Ok(text.split(|byte| *byte == b'\n').filter_map(parsed).collect())
}

fn parsed(line: &[u8]) -> Option<Mount> {
    let mut words = line.split(|byte| *byte == b' ');
    let device = String::from_utf8_lossy(words.nth(2)?).into_owned();
    let (root, target) = (unescaped(words.next()?), unescaped(words.next()?));
    let kind = words.skip_while(|word| *word != b"-").nth(1)?;
    Some(Mount { device, root, target, kind: String::from_utf8_lossy(kind).into_owned() })
}

/// Blanks and backslashes stand in it as `\040`.
fn unescaped(word: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((first, tail)) = rest.split_first() {
        let code = (*first == b'\\').then(|| tail.get(..3)).flatten();
        let code = code.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        match code {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[3..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    PathBuf::from(std::ffi::OsStr::from_bytes(&bytes))
}

/// The mount in the table that a path lies in: the last one with the longest target.
pub fn mount_of<'t>(table: &'t [Mount], path: &Path) -> Option<&'t Mount> {
    let held = table.iter().filter(|mount| path.starts_with(&mount.target));
    held.max_by_key(|mount| mount.target.as_os_str().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_table() {
        let line = br"36 35 98:0 /mnt1 /mnt\0402 rw,noatime master:1 - ext3 /dev/root rw,errors=continue";
        let wanted =
            Mount { device: "98:0".into(), root: "/mnt1".into(), target: "/mnt 2".into(), kind: "ext3".into() };
        assert_eq!(parsed(line), Some(wanted));
        assert_eq!(parsed(b""), None);
    }

    #[test]
    fn the_root_is_no_stranger() {
        assert!(is_mounted(Path::new("/proc")).unwrap());
        assert!(!is_mounted(Path::new("/proc/self")).unwrap());
        let table = table("self").unwrap();
        assert_eq!(mount_of(&table, Path::new("/proc/self/status")).unwrap().kind, "proc");
    }
}

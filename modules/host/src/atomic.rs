//! Files that are there whole or not at all.

use std::ffi::CStr;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use ansible::Failure;
use rustix::fs::{XattrFlags, getxattr, listxattr, setxattr};
use time::OffsetDateTime;

use crate::command;

/// A file to be written.
#[derive(Clone, Debug)]
pub struct NewFile<'a> {
    /// Where. A link there is replaced.
    pub path: &'a Path,
    /// What.
    pub content: &'a [u8],
    /// Its permission bits.
    pub mode: u32,
    /// Its owner's number; that of the file before it, or of the process.
    pub owner: Option<u32>,
    /// Its group's number, likewise.
    pub group: Option<u32>,
    /// A command that is to accept it first, with `%s` for its path.
    pub validate: Option<&'a str>,
    /// Whether the old file may be overwritten in place where it can't be replaced (a mount point).
    pub in_place: bool,
}

/// A file beside the one to be written. It goes when this is dropped.
struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        // After the rename it is gone.
        let _ = fs::remove_file(&self.0);
    }
}

impl NewFile<'_> {
    /// Writes it: beside the old one, then by renaming. Whoever looks sees the old or the new file, whole, with owner and
    /// mode as they are to be.
    ///
    /// # Errors
    /// It can't be written, or the command does not accept it; then the old one stays.
    pub async fn write(&self) -> Result<(), Failure> {
        let failed = |doing: &str, error: &dyn std::fmt::Display| {
            Failure::new(format!("{doing} {}: {error}", self.path.display()))
        };
        let beside = Beside(beside(self.path));
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside.0)
            .map_err(|error| failed("making a new file for", &error))?;
        let written = file.write_all(self.content).and_then(|()| file.sync_all());
        written.map_err(|error| failed("writing", &error))?;
        drop(file);
        copy_attributes(self.path, &beside.0);
        if self.owner.is_some() || self.group.is_some() {
            chown(&beside.0, self.owner, self.group).map_err(|error| failed("chown failed: owner of", &error))?;
        }
        let mode = fs::Permissions::from_mode(self.mode);
        fs::set_permissions(&beside.0, mode).map_err(|error| failed("chmod failed: mode of", &error))?;
        if let Some(validate) = self.validate {
            accepted(validate, &beside.0).await?;
        }
        match fs::rename(&beside.0, self.path) {
            Err(error)
                if self.in_place && matches!(error.kind(), ErrorKind::ResourceBusy | ErrorKind::PermissionDenied) =>
            {
                fs::write(self.path, self.content).map_err(|error| failed("writing in place", &error))
            }
            renamed => renamed.map_err(|error| failed("replacing", &error)),
        }?;
        // That the name is on the disk too. Some file systems refuse it, and mean it is.
        if let Some(folder) = self.path.parent().and_then(|folder| File::open(folder).ok()) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

/// A name in the same folder that nothing has.
fn beside(path: &Path) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // A name has at most 255 bytes.
    let name: String = name.chars().take(40).collect();
    path.with_file_name(format!(".{name}.cdgp-{}-{number}", std::process::id()))
}

/// The extended attributes of the old file (SELinux's label, access lists), so far as they can be set. What can't be
/// preserved is no reason to fail.
fn copy_attributes(from: &Path, to: &Path) {
    let mut names = vec![0; 4096];
    let Ok(length) = listxattr(from, &mut names) else { return };
    for name in names.get(..length).unwrap_or_default().split_inclusive(|byte| *byte == 0) {
        let Ok(name) = CStr::from_bytes_with_nul(name) else { continue };
        let mut value = vec![0; 65536];
        if let Ok(length) = getxattr(from, name, &mut value) {
            let _ = setxattr(to, name, value.get(..length).unwrap_or_default(), XattrFlags::empty());
        }
    }
}

/// Runs the command that is to accept a file.
async fn accepted(validate: &str, path: &Path) -> Result<(), Failure> {
    if !validate.contains("%s") {
        return Err(Failure::new(format!("validate must contain %s: {validate}")));
    }
    let path = path.to_string_lossy();
    let words = shlex::split(validate).unwrap_or_default();
    let words: Vec<String> = words.iter().map(|word| word.replace("%s", &path)).collect();
    let Some((program, arguments)) = words.split_first() else {
        return Err(Failure::new(format!("`validate`: {validate:?} is no command")));
    };
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = command::run(program, &arguments).await?;
    if done.ok() {
        return Ok(());
    }
    Err(Failure::new(format!("failed to validate: rc:{} error:{}", done.rc, done.said()))
        .with("rc", done.rc)
        .with("stdout", done.stdout)
        .with("stderr", done.stderr))
}

/// Copies a file to a name that says when it was made, as Ansible names its backups, in UTC.
///
/// # Errors
/// It can't be copied.
pub fn back_up(path: &Path) -> Result<PathBuf, Failure> {
    let now = OffsetDateTime::now_utc();
    let (year, month, day) = (now.year(), u8::from(now.month()), now.day());
    let (hour, minute, second) = (now.hour(), now.minute(), now.second());
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    let pid = std::process::id();
    name.push(format!(".{pid}.{year:04}-{month:02}-{day:02}@{hour:02}:{minute:02}:{second:02}~"));
    let copy = path.with_file_name(name);
    let failed = |error: std::io::Error| Failure::new(format!("Could not make backup of {}: {error}", path.display()));
    fs::copy(path, &copy).map_err(failed)?;
    copy_attributes(path, &copy);
    if let Ok(found) = fs::metadata(path) {
        use std::os::unix::fs::MetadataExt;
        // Only root may, and a backup is one without it.
        let _ = chown(&copy, Some(found.uid()), Some(found.gid()));
    }
    Ok(copy)
}

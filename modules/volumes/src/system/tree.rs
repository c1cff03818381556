//! Copies a folder with everything in it: owners, modes, times, links, extended attributes (and with them ACLs), holes,
//! devices. By reflinks where the file system has them.
//!
//! Every step is relative to an open folder and follows no link: what is copied may change under our hands, and be made
//! by somebody who means harm.

use std::collections::HashMap;
use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Gid, IFlags, Mode, OFlags, Stat, Timespec, Timestamps, Uid, XattrFlags, chmodat,
    chownat, copy_file_range, fchmod, fchown, fstat, futimens, getxattr, ioctl_ficlone, ioctl_getflags, ioctl_setflags,
    linkat, listxattr, listxattr_query, mkdirat, mknodat, openat, readlinkat, setxattr, statat, symlinkat, syncfs,
    utimensat,
};
use rustix::io::Errno;

use crate::trouble::{Doing, Result, Trouble, trouble};

/// How the content of files gets over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// The new file shares its blocks with the old one until either is written: no time, no room.
    Reflink,
    /// Byte by byte, but for holes.
    Copy,
}

/// Copies what is in the folder `from` into the folder `to`, which is there and empty, and gives it the same owner, mode
/// and so on. On disk when this returns.
pub fn copy(from: &Path, to: &Path, means: Means) -> Result<()> {
    let open = |path: &Path| openat(CWD, path, FOLDER, Mode::empty()).doing(|| format!("opening {}", path.display()));
    let (source, target) = (open(from)?, open(to)?);
    let mut copier = Copier { means, root: target.as_fd(), path: PathBuf::new(), linked: HashMap::new() };
    copier.folder(source.as_fd(), target.as_fd()).map_err(|stopped| copier.told(from, stopped))?;
    syncfs(&target).doing(|| format!("writing {} to disk", to.display()))
}

/// Copies one file, holes and all, over `to`, which is made. On disk when this returns.
pub fn copy_file(from: &Path, to: &Path, means: Means) -> Result<()> {
    let doing = || format!("copying {} to {}", from.display(), to.display());
    let source = File::open(from).doing(doing)?;
    let target = File::options().read(true).write(true).create_new(true).open(to).doing(doing)?;
    match means {
        Means::Reflink => ioctl_ficlone(&target, &source).doing(doing)?,
        Means::Copy => content(&source, &target).doing(doing)?,
    }
    target.sync_all().doing(doing)
}

/// Whether files in the folder `to` can share blocks with files in the folder `from`: tried with an empty file.
pub fn can_reflink(from: &Path, to: &Path) -> bool {
    let empty = |folder: &Path| openat(CWD, folder, OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC, Mode::RUSR);
    let tried = || -> rustix::io::Result<()> {
        let (source, target) = (empty(from)?, empty(to)?);
        // Of a file without blocks some file systems clone nothing, and so refuse nothing.
        rustix::io::write(&source, &[0; 4096])?;
        ioctl_ficlone(target, source)
    };
    tried().is_ok()
}

pub(super) const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

struct Copier<'t> {
    means: Means,
    root: BorrowedFd<'t>,
    /// Where we are, below the root.
    path: PathBuf,
    /// Files with several names that have been copied, by device and inode: the path of the copy.
    linked: HashMap<(u64, u64), PathBuf>,
}

/// What was being done, and why it failed.
struct Stopped(&'static str, Errno);

impl Copier<'_> {
    fn told(&self, from: &Path, Stopped(what, error): Stopped) -> Trouble {
        let path = from.join(&self.path);
        match (self.means, error) {
            (Means::Reflink, Errno::OPNOTSUPP | Errno::XDEV | Errno::INVAL) => {
                trouble!("{what} {}: the file system can't share blocks there ({error})", path.display())
            }
            (_, Errno::MFILE) => trouble!("{what} {}: folders lie too deep in each other ({error})", path.display()),
            (_, error) => trouble!("{what} {}: {error}", path.display()),
        }
    }

    /// Copies what is in a folder, and the folder's own facts after it.
    fn folder(&mut self, source: BorrowedFd<'_>, target: BorrowedFd<'_>) -> std::result::Result<(), Stopped> {
        let mut entries = Dir::read_from(source).map_err(|error| Stopped("listing", error))?;
        while let Some(entry) = entries.read() {
            let entry = entry.map_err(|error| Stopped("listing", error))?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            self.path.push(text(name));
            self.entry(source, target, name)?;
            self.path.pop();
        }
        let facts = fstat(source).map_err(|error| Stopped("looking at", error))?;
        describe(source, target, &facts).map_err(|error| Stopped("copying the attributes of", error))
    }

    fn entry(
        &mut self,
        source: BorrowedFd<'_>,
        target: BorrowedFd<'_>,
        name: &CStr,
    ) -> std::result::Result<(), Stopped> {
        let looking = |error| Stopped("looking at", error);
        let copying = |error| Stopped("copying", error);
        let facts = match statat(source, name, AtFlags::SYMLINK_NOFOLLOW) {
            // It went since the folder was listed.
            Err(Errno::NOENT) => return Ok(()),
            facts => facts.map_err(looking)?,
        };
        let kind = FileType::from_raw_mode(facts.st_mode);
        if kind == FileType::Directory {
            let inner = openat(source, name, FOLDER, Mode::empty()).map_err(looking)?;
            mkdirat(target, name, Mode::RWXU).map_err(copying)?;
            let copy = openat(target, name, FOLDER, Mode::empty()).map_err(copying)?;
            return self.folder(inner.as_fd(), copy.as_fd());
        }
        if facts.st_nlink > 1 {
            let known = (facts.st_dev, facts.st_ino);
            if let Some(first) = self.linked.get(&known) {
                return linkat(self.root, first, target, name, AtFlags::empty()).map_err(copying);
            }
            self.linked.insert(known, self.path.clone());
        }
        match kind {
            FileType::RegularFile => self.file(source, target, name).map_err(copying),
            FileType::Symlink => link(source, target, name, &facts).map_err(copying),
            _ => node(source, target, name, kind, &facts).map_err(copying),
        }
    }

    fn file(&self, source: BorrowedFd<'_>, target: BorrowedFd<'_>, name: &CStr) -> rustix::io::Result<()> {
        // A pipe in the file's place must not make us wait.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let from = File::from(openat(source, name, flags, Mode::empty())?);
        let facts = fstat(&from)?;
        if FileType::from_raw_mode(facts.st_mode) != FileType::RegularFile {
            return Err(Errno::AGAIN);
        }
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let to = File::from(openat(target, name, flags, Mode::RUSR | Mode::WUSR)?);
        if ioctl_getflags(&from).is_ok_and(|flags| flags.contains(IFlags::NOCOW)) {
            // Files that btrfs does not copy on write share blocks with their like only. Elsewhere it means nothing.
            let _ = ioctl_setflags(&to, IFlags::NOCOW);
        }
        match self.means {
            Means::Reflink => ioctl_ficlone(&to, &from)?,
            Means::Copy => content(&from, &to).map_err(errno)?,
        }
        describe(from.as_fd(), to.as_fd(), &facts)
    }
}

fn errno(error: io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}

fn text(name: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(name.to_bytes()))
}

/// Copies a file's bytes, and leaves its holes.
fn content(mut from: &File, mut to: &File) -> io::Result<()> {
    let length = from.metadata()?.len();
    to.set_len(length)?;
    let mut at = 0;
    while at < length {
        let (start, end) = match data(from, at) {
            Ok(Some(piece)) => piece,
            Ok(None) => break,
            // The file system knows of no holes.
            Err(Errno::INVAL) => (at, length),
            Err(error) => return Err(error.into()),
        };
        at = start;
        while at < end {
            let wanted = usize::try_from(end - at).unwrap_or(usize::MAX).min(1 << 30);
            let (mut read, mut written) = (at, at);
            match copy_file_range(from, Some(&mut read), to, Some(&mut written), wanted) {
                // It became shorter meanwhile.
                Ok(0) => return Ok(()),
                Ok(count) => at += count as u64,
                // Between file systems, before Linux 5.19.
                Err(Errno::XDEV | Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS) => {
                    from.seek(SeekFrom::Start(at))?;
                    to.seek(SeekFrom::Start(at))?;
                    let copied = io::copy(&mut io::Read::take(from, end - at), &mut to)?;
                    if copied == 0 {
                        return Ok(());
                    }
                    at += copied;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// The next piece of a file that is no hole.
fn data(file: &File, at: u64) -> rustix::io::Result<Option<(u64, u64)>> {
    let start = match rustix::fs::seek(file, rustix::fs::SeekFrom::Data(at)) {
        Err(Errno::NXIO) => return Ok(None),
        start => start?,
    };
    Ok(Some((start, rustix::fs::seek(file, rustix::fs::SeekFrom::Hole(start))?)))
}

fn link(source: BorrowedFd<'_>, target: BorrowedFd<'_>, name: &CStr, facts: &Stat) -> rustix::io::Result<()> {
    let aim = readlinkat(source, name, Vec::new())?;
    symlinkat(aim, target, name)?;
    // Extended attributes of links are left out: users can't give them any.
    chownat(target, name, owner(facts), group(facts), AtFlags::SYMLINK_NOFOLLOW)?;
    utimensat(target, name, &times(facts), AtFlags::SYMLINK_NOFOLLOW)
}

/// A device, a pipe or a socket.
fn node(
    source: BorrowedFd<'_>,
    target: BorrowedFd<'_>,
    name: &CStr,
    kind: FileType,
    facts: &Stat,
) -> rustix::io::Result<()> {
    mknodat(target, name, kind, Mode::RUSR | Mode::WUSR, facts.st_rdev)?;
    chownat(target, name, owner(facts), group(facts), AtFlags::SYMLINK_NOFOLLOW)?;
    // Not opened, which could wait or do something.
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let (from, to) = (openat(source, name, flags, Mode::empty())?, openat(target, name, flags, Mode::empty())?);
    attributes(from.as_fd(), to.as_fd())?;
    chmodat(CWD, place(to.as_fd()), Mode::from_raw_mode(facts.st_mode), AtFlags::empty())?;
    utimensat(target, name, &times(facts), AtFlags::SYMLINK_NOFOLLOW)
}

/// Gives a file or folder the owner, attributes, mode and times of another: in this order, since a new owner takes
/// set-uid and capabilities away, and an ACL changes the mode.
fn describe(from: BorrowedFd<'_>, to: BorrowedFd<'_>, facts: &Stat) -> rustix::io::Result<()> {
    fchown(to, owner(facts), group(facts))?;
    attributes(from, to)?;
    fchmod(to, Mode::from_raw_mode(facts.st_mode))?;
    futimens(to, &times(facts))
}

/// Copies the extended attributes, ACLs and capabilities among them.
fn attributes(from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> rustix::io::Result<()> {
    for (name, value) in attributes_of(from)? {
        setxattr(place(to), name, &value, XattrFlags::empty())?;
    }
    Ok(())
}

/// The extended attributes, by name.
pub(super) fn attributes_of(file: BorrowedFd<'_>) -> rustix::io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let path = place(file);
    let mut attributes = Vec::new();
    match listxattr_query(&path) {
        Ok(0) | Err(Errno::OPNOTSUPP) => return Ok(attributes),
        length => length?,
    };
    // The kernel's limit for a list and for a value, xattr(7).
    let mut list = vec![0_u8; 65536];
    let length = listxattr(&path, &mut list[..])?;
    let mut value = vec![0_u8; 65536];
    for name in list[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        match getxattr(&path, name, &mut value[..]) {
            Ok(length) => attributes.push((name.to_vec(), value[..length].to_vec())),
            // It went meanwhile.
            Err(Errno::NODATA) => {}
            Err(error) => return Err(error),
        }
    }
    attributes.sort_unstable();
    Ok(attributes)
}

/// The path by which an open file is reached whatever happens to its name; also one that was opened as a place only.
fn place(fd: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}

fn owner(facts: &Stat) -> Option<Uid> {
    Some(Uid::from_raw(facts.st_uid))
}

fn group(facts: &Stat) -> Option<Gid> {
    Some(Gid::from_raw(facts.st_gid))
}

fn times(facts: &Stat) -> Timestamps {
    let time = |seconds: i64, nanoseconds: u64| Timespec {
        tv_sec: seconds,
        tv_nsec: i64::try_from(nanoseconds).unwrap_or_default(),
    };
    Timestamps {
        last_access: time(facts.st_atime, facts.st_atime_nsec),
        last_modification: time(facts.st_mtime, facts.st_mtime_nsec),
    }
}

//! Compares folders: what is there, its kind, owner, mode, size, time of change, links, attributes. Content that differs
//! while size and time are the same is not seen, as with rsync.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, openat, readlinkat, statat};

use super::tree::{FOLDER, attributes_of};
use crate::trouble::{Doing, Result, trouble};

/// A path, and how it differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Only in the first.
    Only(PathBuf),
    /// Only in the second.
    Missing(PathBuf),
    /// In both, not the same.
    Changed(PathBuf),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Only(path) => write!(f, "+ {}", path.display()),
            Difference::Missing(path) => write!(f, "- {}", path.display()),
            Difference::Changed(path) => write!(f, "~ {}", path.display()),
        }
    }
}

/// Whether two files have the same bytes.
pub fn files(one: &Path, other: &Path) -> Result<Vec<Difference>> {
    let doing = || format!("comparing {} and {}", one.display(), other.display());
    let (mut first, mut second) = (File::open(one).doing(doing)?, File::open(other).doing(doing)?);
    let changed = || vec![Difference::Changed(one.file_name().unwrap_or_default().into())];
    if first.metadata().doing(doing)?.len() != second.metadata().doing(doing)?.len() {
        return Ok(changed());
    }
    let (mut left, mut right) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let count = first.read(&mut left).doing(doing)?;
        second.read_exact(&mut right[..count]).doing(doing)?;
        if left[..count] != right[..count] {
            return Ok(changed());
        }
        if count == 0 {
            return Ok(Vec::new());
        }
    }
}

/// The differences of two folders, at most so many.
pub fn folders(one: &Path, other: &Path, most: usize) -> Result<Vec<Difference>> {
    let open = |path: &Path| openat(CWD, path, FOLDER, Mode::empty()).doing(|| format!("opening {}", path.display()));
    let (first, second) = (open(one)?, open(other)?);
    let mut walk = Walk { path: PathBuf::new(), found: Vec::new(), most };
    walk.compare(first.as_fd(), second.as_fd())
        .map_err(|error| trouble!("comparing {} and {}: {error}", one.join(&walk.path).display(), other.display()))?;
    Ok(walk.found)
}

struct Walk {
    path: PathBuf,
    found: Vec<Difference>,
    most: usize,
}

impl Walk {
    fn compare(&mut self, one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> rustix::io::Result<()> {
        let facts = |folder| statat(folder, c"", AtFlags::EMPTY_PATH);
        if !described_alike(&facts(one)?, &facts(other)?) || attributes_of(one)? != attributes_of(other)? {
            let path = if self.path.as_os_str().is_empty() { Path::new(".") } else { &self.path };
            self.found.push(Difference::Changed(path.to_owned()));
        }
        let (left, right) = (names(one)?, names(other)?);
        for name in left.union(&right) {
            if self.found.len() >= self.most {
                return Ok(());
            }
            self.path.push(std::ffi::OsStr::from_bytes(name.as_bytes()));
            match (left.contains(name), right.contains(name)) {
                (true, true) => self.entry(one, other, name)?,
                (true, false) => self.found.push(Difference::Only(self.path.clone())),
                (false, _) => self.found.push(Difference::Missing(self.path.clone())),
            }
            self.path.pop();
        }
        Ok(())
    }

    fn entry(&mut self, one: BorrowedFd<'_>, other: BorrowedFd<'_>, name: &CString) -> rustix::io::Result<()> {
        let facts = |folder| statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
        let (first, second) = (facts(one)?, facts(other)?);
        let kinds = [first, second].map(|facts| FileType::from_raw_mode(facts.st_mode));
        if kinds == [FileType::Directory; 2] {
            let open = |folder| openat(folder, name, FOLDER, Mode::empty());
            return self.compare(open(one)?.as_fd(), open(other)?.as_fd());
        }
        let place = |folder| openat(folder, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty());
        let alike = kinds[0] == kinds[1]
            && described_alike(&first, &second)
            && (first.st_size, first.st_rdev) == (second.st_size, second.st_rdev)
            && match kinds[0] {
                FileType::Symlink => readlinkat(one, name, Vec::new())? == readlinkat(other, name, Vec::new())?,
                _ => attributes_of(place(one)?.as_fd())? == attributes_of(place(other)?.as_fd())?,
            };
        if !alike {
            self.found.push(Difference::Changed(self.path.clone()));
        }
        Ok(())
    }
}

fn described_alike(one: &Stat, other: &Stat) -> bool {
    let facts = |facts: &Stat| (facts.st_mode, facts.st_uid, facts.st_gid, facts.st_mtime, facts.st_mtime_nsec);
    facts(one) == facts(other)
}

fn names(folder: BorrowedFd<'_>) -> rustix::io::Result<BTreeSet<CString>> {
    let mut names = BTreeSet::new();
    let mut entries = Dir::read_from(folder)?;
    while let Some(entry) = entries.read() {
        let name = entry?.file_name().to_owned();
        if name.as_c_str() != c"." && name.as_c_str() != c".." {
            names.insert(name);
        }
    }
    Ok(names)
}

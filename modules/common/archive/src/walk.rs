//! Reads a tree of files, a node at a time, without ever leaving it.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, SeekFrom, Stat};
use rustix::io::Errno;

use crate::error::{Error, Result};
use crate::node::{Kind, Meta, Node, Segment, Time};

/// More parts than this are not told apart; the last of them then holds all that follows.
pub(crate) const MOST_SEGMENTS: usize = 100_000;

/// What the walk comes by.
pub(crate) enum Found {
    /// A node; of a file with content, the file.
    Node(Node, Option<OwnedFd>),
    /// A socket: it means nothing without the process that made it.
    Socket,
    /// What was gone before it could be looked at, by its path.
    Vanished(Vec<u8>),
}

/// A walk through a tree, each directory before what is in it.
pub(crate) struct Walk {
    open: Vec<Open>,
    path: Vec<u8>,
    linked: Linked,
    root: Option<OwnedFd>,
}

/// The first names of files that have several, by device and inode, and how many names are still to come.
type Linked = HashMap<(u64, u64), (Vec<u8>, u64)>;

struct Open {
    entries: Dir,
    /// How long the path was before this directory.
    above: usize,
}

impl Walk {
    /// Begins at `root`, a directory.
    pub fn new(root: OwnedFd) -> Walk {
        Walk { open: Vec::new(), path: Vec::new(), linked: HashMap::new(), root: Some(root) }
    }

    /// What comes next; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Found>> {
        if let Some(root) = self.root.take() {
            let stat = rustix::fs::fstat(&root).map_err(Error::at("looking at", b""))?;
            let meta = meta_of(&stat, xattrs_of(&root).map_err(Error::at("reading the extended attributes of", b""))?);
            self.enter(root, 0)?;
            return Ok(Some(Found::Node(Node { path: Vec::new(), kind: Kind::Directory, meta }, None)));
        }
        while let Some(open) = self.open.last_mut() {
            match open.entries.next() {
                None => {
                    self.path.truncate(open.above);
                    self.open.pop();
                }
                Some(Err(errno)) => return Err(Error::at("reading the directory", &self.path)(errno)),
                Some(Ok(entry)) => {
                    let name = entry.file_name().to_bytes();
                    if name == b"." || name == b".." {
                        continue;
                    }
                    let above = self.path.len();
                    if above > 0 {
                        self.path.push(b'/');
                    }
                    self.path.extend_from_slice(name);
                    let found = self.look_at(entry.file_name(), above);
                    if !matches!(found, Ok(Found::Node(Node { kind: Kind::Directory, .. }, _))) {
                        self.path.truncate(above);
                    }
                    return found.map(Some);
                }
            }
        }
        Ok(None)
    }

    fn enter(&mut self, directory: OwnedFd, above: usize) -> Result<()> {
        let entries = Dir::new(directory).map_err(Error::at("opening the directory", &self.path))?;
        self.open.push(Open { entries, above });
        Ok(())
    }

    /// The node at the path's end.
    fn look_at(&mut self, name: &std::ffi::CStr, above: usize) -> Result<Found> {
        let path = self.path.clone();
        let Some(open) = self.open.last() else { return Ok(Found::Vanished(path)) };
        let parent = open.entries.fd().map_err(Error::at("opening the directory above", &path))?;
        let gone = |doing: &'static str, errno: Errno| match errno {
            Errno::NOENT => Ok(Found::Vanished(path.clone())),
            errno => Err(Error::at(doing, &path)(errno)),
        };
        let stat = match rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(errno) => return gone("looking at", errno),
        };
        let kind = FileType::from_raw_mode(stat.st_mode);
        match kind {
            FileType::Directory | FileType::RegularFile => {
                let directory = kind == FileType::Directory;
                // Neither waits for a pipe nor follows a link that took the node's place meanwhile.
                let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
                let flags = if directory { flags | OFlags::DIRECTORY } else { flags };
                let node = match rustix::fs::openat(parent, name, flags | OFlags::NOATIME, Mode::empty()) {
                    // Whose file it is not may not ask for that.
                    Err(Errno::PERM) => rustix::fs::openat(parent, name, flags, Mode::empty()),
                    opened => opened,
                };
                let node = match node {
                    Ok(node) => node,
                    // A link or a socket took its place.
                    Err(Errno::LOOP | Errno::NOTDIR | Errno::NXIO) => return Ok(Found::Vanished(path)),
                    Err(errno) => return gone("opening", errno),
                };
                let stat = rustix::fs::fstat(&node).map_err(Error::at("looking at", &path))?;
                if FileType::from_raw_mode(stat.st_mode) != kind {
                    return Ok(Found::Vanished(path));
                }
                if !directory && let Some(first) = first_name(&mut self.linked, &stat, &path) {
                    return Ok(Found::Node(Node { path, kind: Kind::HardLink(first), meta: Meta::default() }, None));
                }
                let xattrs = xattrs_of(&node).map_err(Error::at("reading the extended attributes of", &path))?;
                let meta = meta_of(&stat, xattrs);
                if directory {
                    self.enter(node, above)?;
                    return Ok(Found::Node(Node { path, kind: Kind::Directory, meta }, None));
                }
                let size = u64::try_from(stat.st_size).unwrap_or_default();
                let holes = u64::try_from(stat.st_blocks).unwrap_or_default().saturating_mul(512) < size;
                let segments = if holes { segments(&node, size).map_err(Error::at("reading", &path))? } else { None };
                Ok(Found::Node(Node { path, kind: Kind::File { size, segments }, meta }, Some(node)))
            }
            FileType::Socket => Ok(Found::Socket),
            FileType::Symlink | FileType::CharacterDevice | FileType::BlockDevice | FileType::Fifo => {
                if let Some(first) = first_name(&mut self.linked, &stat, &path) {
                    return Ok(Found::Node(Node { path, kind: Kind::HardLink(first), meta: Meta::default() }, None));
                }
                let (major, minor) = (rustix::fs::major(stat.st_rdev), rustix::fs::minor(stat.st_rdev));
                let kind = match kind {
                    FileType::CharacterDevice => Kind::Character(major, minor),
                    FileType::BlockDevice => Kind::Block(major, minor),
                    FileType::Fifo => Kind::Fifo,
                    _ => match rustix::fs::readlinkat(parent, name, Vec::new()) {
                        Ok(text) => Kind::Symlink(text.into_bytes()),
                        Err(Errno::INVAL) => return Ok(Found::Vanished(path)),
                        Err(errno) => return gone("reading the link", errno),
                    },
                };
                let xattrs = match xattrs_at(parent, name.to_bytes()) {
                    Ok(xattrs) => xattrs,
                    Err(errno) => return gone("reading the extended attributes of", errno),
                };
                Ok(Found::Node(Node { path, kind, meta: meta_of(&stat, xattrs) }, None))
            }
            FileType::Unknown => Err(Error::Io {
                doing: format!("looking at {}", String::from_utf8_lossy(&path)),
                source: io::Error::other("it is of a kind that nobody knows"),
            }),
        }
    }
}

/// The first name of a file that has several and came before.
fn first_name(linked: &mut Linked, stat: &Stat, path: &[u8]) -> Option<Vec<u8>> {
    #[allow(clippy::useless_conversion)] // on aarch64 it is another type
    let links = u64::from(stat.st_nlink);
    if links < 2 {
        return None;
    }
    let key = (stat.st_dev, stat.st_ino);
    match linked.get_mut(&key) {
        Some((first, left)) => {
            *left -= 1;
            Some(if *left == 0 { linked.remove(&key)?.0 } else { first.clone() })
        }
        None => {
            linked.insert(key, (path.to_vec(), links - 1));
            None
        }
    }
}

pub(crate) fn meta_of(stat: &Stat, xattrs: Xattrs) -> Meta {
    let modified = Time { seconds: stat.st_mtime, nanoseconds: u32::try_from(stat.st_mtime_nsec).unwrap_or_default() };
    Meta { mode: stat.st_mode & 0o7777, uid: stat.st_uid, gid: stat.st_gid, modified, xattrs }
}

/// The parts of a file that are no holes; `None` where there is no hole after all.
fn segments(file: &OwnedFd, size: u64) -> rustix::io::Result<Option<Vec<Segment>>> {
    let mut segments = Vec::new();
    let mut at = 0;
    while at < size {
        let offset = match rustix::fs::seek(file, SeekFrom::Data(at)) {
            Ok(offset) if offset < size => offset,
            Ok(_) | Err(Errno::NXIO) => break,
            // The file system knows no holes.
            Err(Errno::INVAL) => return Ok(None),
            Err(errno) => return Err(errno),
        };
        let end = match segments.len() {
            MOST_SEGMENTS => size,
            _ => rustix::fs::seek(file, SeekFrom::Hole(offset))?.min(size),
        };
        segments.push(Segment { offset, length: end.saturating_sub(offset) });
        at = end;
    }
    Ok(if matches!(segments.as_slice(), [Segment { offset: 0, length }] if *length == size) {
        None
    } else {
        Some(segments)
    })
}

/// A path to what is named `name` in an open directory, for the calls that take no directory.
pub(crate) fn proc_path(parent: BorrowedFd<'_>, name: &[u8]) -> Vec<u8> {
    [format!("/proc/self/fd/{}/", parent.as_raw_fd()).as_bytes(), name].concat()
}

/// Name and value.
type Xattrs = BTreeMap<Vec<u8>, Vec<u8>>;

/// The extended attributes of what is open.
pub(crate) fn xattrs_of(node: impl AsFd) -> rustix::io::Result<Xattrs> {
    let node = node.as_fd();
    xattrs(|names| rustix::fs::flistxattr(node, names), |name, value| rustix::fs::fgetxattr(node, name, value))
}

/// The extended attributes of what can't be opened without an effect: links, devices, pipes.
pub(crate) fn xattrs_at(parent: BorrowedFd<'_>, name: &[u8]) -> rustix::io::Result<Xattrs> {
    let path = proc_path(parent, name);
    let path = path.as_slice();
    xattrs(|names| rustix::fs::llistxattr(path, names), |name, value| rustix::fs::lgetxattr(path, name, value))
}

fn xattrs(
    list: impl Fn(&mut [u8]) -> rustix::io::Result<usize>,
    get: impl Fn(&[u8], &mut [u8]) -> rustix::io::Result<usize>,
) -> rustix::io::Result<Xattrs> {
    let mut names = vec![0; 256];
    let length = loop {
        match list(&mut names) {
            Ok(length) => break length,
            // The system's bound for a list.
            Err(Errno::RANGE) if names.len() < 65_536 => names = vec![0; 65_536],
            Err(Errno::NOTSUP) => return Ok(Xattrs::new()),
            Err(errno) => return Err(errno),
        }
    };
    let mut found = Xattrs::new();
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; 256];
        let length = loop {
            match get(name, &mut value) {
                Ok(length) => break Some(length),
                Err(Errno::RANGE) if value.len() < 65_536 => value = vec![0; 65_536],
                // It went meanwhile; or the list names what its own system does not give.
                Err(Errno::NODATA | Errno::NOTSUP) => break None,
                Err(errno) => return Err(errno),
            }
        };
        if let Some(length) = length {
            value.truncate(length);
            found.insert(name.to_vec(), value);
        }
    }
    Ok(found)
}

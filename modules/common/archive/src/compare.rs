//! Tells in what a directory differs from an archive, without changing either.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, shown};
use crate::node::{Kind, Meta, Node};
use crate::pack::MOST_TOLD;
use crate::unpack::{Content, Visit};
use crate::walk::{meta_of, xattrs_at, xattrs_of};

/// In what a directory differs from an archive. Times of access don't count, nor do sockets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differences {
    /// How many nodes differ.
    pub count: u64,
    /// The first of them by their paths, each with what differs: `missing`, `extra`, `kind`, `content`, `metadata`,
    /// `target` of a link, `device`.
    pub first: Vec<Difference>,
}

/// One node that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Its path from the root, `.` for the root itself.
    pub path: String,
    /// What differs.
    pub what: String,
}

/// Compares with what is in a directory.
pub(crate) struct Compare {
    root: Option<OwnedFd>,
    open: Vec<Open>,
    hasher: RandomState,
    pub differences: Differences,
}

struct Open {
    /// `None`: it is not there, which has been told.
    directory: Option<OwnedFd>,
    path: Vec<u8>,
    /// The names in the archive, as hashes: a directory may have very many.
    names: HashSet<u64>,
}

impl Compare {
    pub fn new(root: OwnedFd) -> Compare {
        Compare { root: Some(root), open: Vec::new(), hasher: RandomState::new(), differences: Differences::default() }
    }

    fn tell(&mut self, path: &[u8], what: &str) {
        self.differences.count += 1;
        if self.differences.first.len() < MOST_TOLD {
            self.differences.first.push(Difference { path: shown(path), what: what.to_owned() });
        }
    }

    /// What stands at a name of the directory that is open: its kind, if it is there and its directory too.
    fn kind_at(&mut self, name: &[u8], path: &[u8]) -> Result<Option<FileType>> {
        let hash = self.hasher.hash_one(name);
        let Some(open) = self.open.last_mut() else { return Ok(None) };
        open.names.insert(hash);
        let Some(directory) = &open.directory else { return Ok(None) };
        match rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(FileType::from_raw_mode(stat.st_mode))),
            Err(Errno::NOENT) => {
                self.tell(path, "missing");
                Ok(None)
            }
            Err(errno) => Err(Error::at("looking at", path)(errno)),
        }
    }

    fn opened(&self, name: &[u8], directory: bool, path: &[u8]) -> Result<Option<OwnedFd>> {
        let Some(parent) = self.open.last().and_then(|open| open.directory.as_ref()) else { return Ok(None) };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let flags = if directory { flags | OFlags::DIRECTORY } else { flags };
        rustix::fs::openat(parent, name, flags, Mode::empty()).map(Some).map_err(Error::at("opening", path))
    }

    /// Tells whether the metadata of an open node differ.
    fn meta(&mut self, node: &OwnedFd, wanted: &Meta, path: &[u8]) -> Result<()> {
        let stat = rustix::fs::fstat(node).map_err(Error::at("looking at", path))?;
        let xattrs = xattrs_of(node).map_err(Error::at("reading the extended attributes of", path))?;
        if meta_of(&stat, xattrs) != *wanted {
            self.tell(path, "metadata");
        }
        Ok(())
    }
}

impl Visit for Compare {
    fn enter(&mut self, node: &Node, name: &[u8]) -> Result<()> {
        let directory = match self.root.take() {
            Some(root) => Some(root),
            None => match self.kind_at(name, &node.path)? {
                Some(FileType::Directory) => self.opened(name, true, &node.path)?,
                Some(_) => {
                    self.tell(&node.path, "kind");
                    None
                }
                None => None,
            },
        };
        if let Some(directory) = &directory {
            self.meta(directory, &node.meta, &node.path)?;
        }
        self.open.push(Open { directory, path: node.path.clone(), names: HashSet::new() });
        Ok(())
    }

    fn leave(&mut self) -> Result<()> {
        let Some(Open { directory: Some(directory), path, names }) = self.open.pop() else { return Ok(()) };
        let failed = || Error::at("reading the directory", &path);
        for entry in Dir::read_from(&directory).map_err(failed())? {
            let entry = entry.map_err(failed())?;
            let name = entry.file_name().to_bytes();
            let ours = name == b"." || name == b".." || names.contains(&self.hasher.hash_one(name));
            // A socket is in no archive.
            let socket = || {
                rustix::fs::statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW)
                    .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Socket)
            };
            if !ours && !socket() {
                let slash: &[u8] = if path.is_empty() { b"" } else { b"/" };
                self.tell(&[&path, slash, name].concat(), "extra");
            }
        }
        Ok(())
    }

    fn file(&mut self, node: &Node, name: &[u8], size: u64, content: &mut Content<'_>) -> Result<()> {
        let path = &node.path;
        match self.kind_at(name, path)? {
            None => return Ok(()),
            Some(FileType::RegularFile) => {}
            Some(_) => {
                self.tell(path, "kind");
                return Ok(());
            }
        }
        let Some(file) = self.opened(name, false, path)? else { return Ok(()) };
        let stat = rustix::fs::fstat(&file).map_err(Error::at("looking at", path))?;
        let mut same = u64::try_from(stat.st_size) == Ok(size);
        let (mut buffer, mut end) = (Vec::new(), 0);
        while let (true, Some((offset, bytes))) = (same, content.next()?) {
            same = is_hole(&file, end, offset, path)? && holds(&file, offset, bytes, &mut buffer, path)?;
            end = offset + bytes.len() as u64;
        }
        same = same && is_hole(&file, end, size, path)?;
        if !same {
            self.tell(path, "content");
            return Ok(());
        }
        self.meta(&file, &node.meta, path)
    }

    fn other(&mut self, node: &Node, name: &[u8]) -> Result<()> {
        let path = &node.path;
        let Some(kind) = self.kind_at(name, path)? else { return Ok(()) };
        let Some(parent) = self.open.last().and_then(|open| open.directory.as_ref()) else { return Ok(()) };
        let failed = |doing: &'static str| Error::at(doing, path);
        let stat = rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).map_err(failed("looking at"))?;
        if let Kind::HardLink(first) = &node.kind {
            let same = self.same_node(first, (stat.st_dev, stat.st_ino));
            if !same {
                self.tell(path, "target");
            }
            return Ok(());
        }
        let device = (rustix::fs::major(stat.st_rdev), rustix::fs::minor(stat.st_rdev));
        let what = match (&node.kind, kind) {
            (Kind::Symlink(text), FileType::Symlink) => {
                let there = rustix::fs::readlinkat(parent, name, Vec::new()).map_err(failed("reading the link"))?;
                (there.as_bytes() != text).then_some("target")
            }
            (Kind::Character(major, minor), FileType::CharacterDevice)
            | (Kind::Block(major, minor), FileType::BlockDevice) => (device != (*major, *minor)).then_some("device"),
            (Kind::Fifo, FileType::Fifo) => None,
            _ => Some("kind"),
        };
        let xattrs =
            xattrs_at(std::os::fd::AsFd::as_fd(parent), name).map_err(failed("reading the extended attributes of"))?;
        let same = meta_of(&stat, xattrs) == node.meta;
        if let Some(what) = what.or((!same).then_some("metadata")) {
            self.tell(path, what);
        }
        Ok(())
    }
}

impl Compare {
    /// Whether the node at a path from the root is that one.
    fn same_node(&self, path: &[u8], (device, inode): (u64, u64)) -> bool {
        let Some(root) = self.open.first().and_then(|open| open.directory.as_ref()) else { return false };
        let mut components: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
        let name = components.pop().unwrap_or_default();
        let mut directory = root.try_clone().ok();
        for component in components {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            directory = directory.and_then(|above| rustix::fs::openat(above, component, flags, Mode::empty()).ok());
        }
        directory.is_some_and(|directory| {
            rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|stat| (stat.st_dev, stat.st_ino) == (device, inode))
        })
    }
}

/// Whether a file holds these bytes there.
fn holds(file: &OwnedFd, mut offset: u64, mut bytes: &[u8], buffer: &mut Vec<u8>, path: &[u8]) -> Result<bool> {
    buffer.resize(bytes.len(), 0);
    while !bytes.is_empty() {
        let read = rustix::io::pread(file, &mut buffer[..bytes.len()], offset).map_err(Error::at("reading", path))?;
        if read == 0 || buffer[..read] != bytes[..read] {
            return Ok(false);
        }
        (bytes, offset) = (&bytes[read..], offset + read as u64);
    }
    Ok(true)
}

/// Whether a file has nothing but zeros there: a hole, or zeros that take room.
fn is_hole(file: &OwnedFd, mut at: u64, end: u64, path: &[u8]) -> Result<bool> {
    let mut buffer = [0; 8192];
    while at < end {
        at = match rustix::fs::seek(file, rustix::fs::SeekFrom::Data(at)) {
            Ok(data) if data < end => data,
            Ok(_) | Err(Errno::NXIO) => return Ok(true),
            Err(Errno::INVAL) => at,
            Err(errno) => return Err(Error::at("reading", path)(errno)),
        };
        let length = usize::try_from(end - at).unwrap_or(buffer.len()).min(buffer.len());
        let read = rustix::io::pread(file, &mut buffer[..length], at).map_err(Error::at("reading", path))?;
        if read == 0 || buffer[..read].iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        at += read as u64;
    }
    Ok(true)
}

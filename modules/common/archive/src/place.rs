//! Makes the nodes of an archive in an empty directory. Each call names one component in a directory that it made
//! itself, and nothing that is there is ever opened or followed.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, Uid, XattrFlags};

use crate::error::{Error, Result, shown};
use crate::node::{Kind, Meta, Node};
use crate::unpack::{Content, Visit};
use crate::walk::{proc_path, xattrs_of};

/// The directory, and those in it that are being filled.
pub(crate) struct Place {
    root: OwnedFd,
    open: Vec<(OwnedFd, Node)>,
}

impl Place {
    /// Begins in `root`, which is empty and of nobody else's concern.
    pub fn new(root: OwnedFd) -> Result<Place> {
        // What a new node inherits is not in the archive.
        for name in ["system.posix_acl_default", "system.posix_acl_access"] {
            if xattrs_of(&root).is_ok_and(|xattrs| xattrs.contains_key(name.as_bytes())) {
                rustix::fs::fremovexattr(&root, name).map_err(Error::at("removing the ACL of", b""))?;
            }
        }
        Ok(Place { root, open: Vec::new() })
    }

    fn parent(&self) -> BorrowedFd<'_> {
        self.open.last().map_or_else(|| self.root.as_fd(), |(directory, _)| directory.as_fd())
    }

    /// The directory of a node that came before, and its name in it.
    fn find<'p>(&self, path: &'p [u8]) -> Result<(OwnedFd, &'p [u8])> {
        let mut directory = self.root.try_clone().map_err(Error::io("opening the root"))?;
        let mut components = path.split(|byte| *byte == b'/');
        let name = components.next_back().unwrap_or_default();
        for component in components {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            directory = rustix::fs::openat(&directory, component, flags, Mode::empty())
                .map_err(Error::at("finding the first name of", path))?;
        }
        Ok((directory, name))
    }
}

impl Visit for Place {
    fn enter(&mut self, node: &Node, name: &[u8]) -> Result<()> {
        let directory = if name.is_empty() {
            self.root.try_clone().map_err(Error::io("opening the root"))?
        } else {
            rustix::fs::mkdirat(self.parent(), name, Mode::RWXU)
                .map_err(Error::at("making the directory", &node.path))?;
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            rustix::fs::openat(self.parent(), name, flags, Mode::empty()).map_err(Error::at("opening", &node.path))?
        };
        self.open.push((directory, node.clone()));
        Ok(())
    }

    fn leave(&mut self) -> Result<()> {
        // Only now: what is made in it changes its time, and its default ACL would be inherited.
        match self.open.pop() {
            Some((directory, node)) => dress(&directory, &node.meta, &node.path),
            None => Ok(()),
        }
    }

    fn file(&mut self, node: &Node, name: &[u8], size: u64, content: &mut Content<'_>) -> Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(self.parent(), name, flags, Mode::RUSR | Mode::WUSR)
            .map_err(Error::at("making the file", &node.path))?;
        let mut end = 0;
        while let Some((mut offset, mut bytes)) = content.next()? {
            while !bytes.is_empty() {
                let written = rustix::io::pwrite(&file, bytes, offset).map_err(Error::at("writing", &node.path))?;
                (bytes, offset) = (&bytes[written..], offset + written as u64);
            }
            end = offset;
        }
        if end < size {
            rustix::fs::ftruncate(&file, size).map_err(Error::at("writing", &node.path))?;
        }
        dress(&file, &node.meta, &node.path)
    }

    fn other(&mut self, node: &Node, name: &[u8]) -> Result<()> {
        let parent = self.parent();
        let path = &node.path;
        let make = |kind: FileType, major: u32, minor: u32| {
            let device = rustix::fs::makedev(major, minor);
            rustix::fs::mknodat(parent, name, kind, Mode::RUSR | Mode::WUSR, device)
                .map_err(Error::at("making the device or pipe", path))
        };
        match &node.kind {
            Kind::HardLink(first) => {
                let (directory, its_name) = self.find(first)?;
                return rustix::fs::linkat(directory, its_name, parent, name, AtFlags::empty())
                    .map_err(Error::at("making the hard link", path));
            }
            Kind::Symlink(text) => rustix::fs::symlinkat(text.as_slice(), parent, name)
                .map_err(Error::at("making the symbolic link", path))?,
            Kind::Character(major, minor) => make(FileType::CharacterDevice, *major, *minor)?,
            Kind::Block(major, minor) => make(FileType::BlockDevice, *major, *minor)?,
            Kind::Fifo => make(FileType::Fifo, 0, 0)?,
            Kind::Directory | Kind::File { .. } => {}
        }
        dress_unopened(parent, name, node)
    }
}

/// Gives an open node its metadata. In this order: a new owner takes away setuid and capabilities, and a mode changes an
/// ACL.
pub(crate) fn dress(node: &OwnedFd, meta: &Meta, path: &[u8]) -> Result<()> {
    let (uid, gid) = owners(meta);
    rustix::fs::fchown(node, uid, gid).map_err(Error::at("giving its owner to", path))?;
    rustix::fs::fchmod(node, Mode::from_raw_mode(meta.mode)).map_err(Error::at("giving its mode to", path))?;
    for (name, value) in &meta.xattrs {
        rustix::fs::fsetxattr(node, name.as_slice(), value, XattrFlags::empty())
            .map_err(|errno| refused_xattr(name, path, errno))?;
    }
    rustix::fs::futimens(node, &times(meta)).map_err(Error::at("giving its time to", path))
}

/// As [`dress`], for what can't be opened without an effect.
fn dress_unopened(parent: BorrowedFd<'_>, name: &[u8], node: &Node) -> Result<()> {
    let (meta, path) = (&node.meta, &node.path);
    let (uid, gid) = owners(meta);
    rustix::fs::chownat(parent, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)
        .map_err(Error::at("giving its owner to", path))?;
    if !matches!(node.kind, Kind::Symlink(_)) {
        // It is what we made a moment ago in a directory of ours: no link.
        rustix::fs::chmodat(parent, name, Mode::from_raw_mode(meta.mode), AtFlags::empty())
            .map_err(Error::at("giving its mode to", path))?;
    }
    for (key, value) in &meta.xattrs {
        rustix::fs::lsetxattr(proc_path(parent, name).as_slice(), key.as_slice(), value, XattrFlags::empty())
            .map_err(|errno| refused_xattr(key, path, errno))?;
    }
    rustix::fs::utimensat(parent, name, &times(meta), AtFlags::SYMLINK_NOFOLLOW)
        .map_err(Error::at("giving its time to", path))
}

fn owners(meta: &Meta) -> (Option<Uid>, Option<Gid>) {
    (Some(Uid::from_raw(meta.uid)), Some(Gid::from_raw(meta.gid)))
}

fn refused_xattr(name: &[u8], path: &[u8], errno: rustix::io::Errno) -> Error {
    Error::Io { doing: format!("giving {} its extended attribute {}", shown(path), shown(name)), source: errno.into() }
}

fn times(meta: &Meta) -> Timestamps {
    let omitted = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    let modified = Timespec { tv_sec: meta.modified.seconds, tv_nsec: meta.modified.nanoseconds.into() };
    Timestamps { last_access: omitted, last_modification: modified }
}

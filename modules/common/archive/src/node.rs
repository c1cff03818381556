//! What stands in a tree of files: a node's kind and its metadata.

use std::collections::BTreeMap;

/// Owner, mode, time and extended attributes (ACLs and capabilities are among them).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// The permission bits with setuid, setgid and sticky: 0 to 0o7777.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// When the content was last changed.
    pub modified: Time,
    /// Name and value.
    pub xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// A time, as stat(2) gives it: seconds since 1970 and nanoseconds after that second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Time {
    /// Seconds since 1970, below 0 before it.
    pub seconds: i64,
    /// 0 to 999,999,999, always forward from the second.
    pub nanoseconds: u32,
}

/// Bytes of a file that are there; what lies between is a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Where it begins.
    pub offset: u64,
    /// How many bytes it has.
    pub length: u64,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A file of so many bytes.
    File {
        /// Its length, holes among it.
        size: u64,
        /// Where it has holes: the parts that are none, in order.
        segments: Option<Vec<Segment>>,
    },
    /// Another name of a node that came before, whose path from the root this is.
    HardLink(Vec<u8>),
    /// A symbolic link, with its text.
    Symlink(Vec<u8>),
    /// A character device: major and minor number.
    Character(u32, u32),
    /// A block device: major and minor number.
    Block(u32, u32),
    /// A named pipe.
    Fifo,
}

/// A node at its path from the root, without a slash at either end; the root's own is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The path from the root.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Whose it is, and the like; of a hard link it is the first name's and not kept.
    pub meta: Meta,
}

/// Whether a name may stand in a path: one component that leads nowhere else.
pub(crate) fn is_component(name: &[u8]) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && name != b"."
        && name != b".."
        && !name.contains(&b'/')
        && !name.contains(&0)
}

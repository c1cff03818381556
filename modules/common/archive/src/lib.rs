//! Archives of trees of files: everything that a tree has, streamed, compressed, with a SHA-256 for each file and for the
//! whole. Knows neither Ansible nor Docker.
//!
//! An archive is a tar file (pax) in a zstd frame, which `tar --zstd -x` unpacks too: `backup.json` says what it is, `data/`
//! is the tree, `manifest/` has the files' digests as `sha256sum --check` reads them, and in its last entry the sums. Both
//! sides stream: memory does not grow with the tree. [`pack`] writes one, [`verify`] reads it to its end, [`extract`] makes
//! the tree again, [`compare`] tells what differs.

mod compare;
mod digest;
mod error;
mod header;
#[cfg(test)]
mod hostile;
mod manifest;
mod node;
mod pack;
mod place;
mod seal;
mod unpack;
mod walk;

use std::io::Read;
use std::os::fd::OwnedFd;

pub use compare::{Difference, Differences};
pub use error::{Error, Result};
pub use node::{Meta, Time};
pub use pack::{Packed, Packing, pack};
pub use seal::{Identity, Recipient, identities};
pub use unpack::{Opening, Unpacked, about};

/// Reads an archive to its end and checks all its sums.
///
/// # Errors
/// It can't be read, is damaged, or is none of ours.
pub fn verify(source: impl Read + Send, opening: impl Into<Opening>) -> Result<Unpacked> {
    struct Nobody;
    impl unpack::Visit for Nobody {
        fn enter(&mut self, _: &node::Node, _: &[u8]) -> Result<()> {
            Ok(())
        }
        fn leave(&mut self) -> Result<()> {
            Ok(())
        }
        fn file(&mut self, _: &node::Node, _: &[u8], _: u64, _: &mut unpack::Content<'_>) -> Result<()> {
            Ok(())
        }
        fn other(&mut self, _: &node::Node, _: &[u8]) -> Result<()> {
            Ok(())
        }
    }
    unpack::unpack(source, &opening.into(), &mut Nobody)
}

/// Makes the tree in `root`, an empty directory, and checks all sums as [`verify`] does. Nothing is synced.
///
/// Until it has returned, nothing of what was made may be used: a sum at the end may be wrong.
///
/// # Errors
/// Those of [`verify`], and the system's. What was made is left for the caller to remove.
pub fn extract(source: impl Read + Send, opening: impl Into<Opening>, root: OwnedFd) -> Result<Unpacked> {
    unpack::unpack(source, &opening.into(), &mut place::Place::new(root)?)
}

/// Tells in what the tree in `root` differs, and checks all sums as [`verify`] does.
///
/// # Errors
/// Those of [`verify`], and the system's.
pub fn compare(
    source: impl Read + Send,
    opening: impl Into<Opening>,
    root: OwnedFd,
) -> Result<(Unpacked, Differences)> {
    let mut compare = compare::Compare::new(root);
    let unpacked = unpack::unpack(source, &opening.into(), &mut compare)?;
    Ok((unpacked, compare.differences))
}

/// The metadata of an open file or directory.
///
/// # Errors
/// The system's.
pub fn metadata(node: &OwnedFd) -> Result<Meta> {
    let stat = rustix::fs::fstat(node).map_err(Error::at("looking at", b""))?;
    let xattrs = walk::xattrs_of(node).map_err(Error::at("reading the extended attributes of", b""))?;
    Ok(walk::meta_of(&stat, xattrs))
}

/// Gives an open file or directory its metadata.
///
/// # Errors
/// The system's.
pub fn dress(node: &OwnedFd, meta: &Meta) -> Result<()> {
    place::dress(node, meta, b"")
}

//! btrfs subvolumes: made, copied in no time, limited, removed.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::ioctl;
use crate::trouble::{Doing, Result, trouble};

/// `BTRFS_SUPER_MAGIC`.
const MAGIC: u64 = 0x9123_683e;

/// Whether a path is on btrfs.
pub fn is_btrfs(path: &Path) -> bool {
    rustix::fs::statfs(path).is_ok_and(|facts| facts.f_type as u64 == MAGIC)
}

/// Whether a folder is a subvolume: the root of one has this inode number.
pub fn is_subvolume(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|facts| facts.is_dir() && facts.ino() == 256) && is_btrfs(path)
}

/// Makes the subvolume `path`.
pub fn create(path: &Path) -> Result<()> {
    let (folder, name) = place(path)?;
    ioctl::create_subvolume(&folder, name).doing(|| format!("making the btrfs subvolume {}", path.display()))
}

/// Makes `path` a snapshot of the subvolume `of`.
pub fn snapshot(of: &Path, path: &Path, read_only: bool) -> Result<()> {
    let (folder, name) = place(path)?;
    let doing = || format!("making {} a btrfs snapshot of {}", path.display(), of.display());
    let subvolume = File::open(of).doing(doing)?;
    ioctl::snapshot_subvolume(&subvolume, &folder, name, read_only).doing(doing)
}

/// Removes the subvolume `path`.
pub fn destroy(path: &Path) -> Result<()> {
    let (folder, name) = place(path)?;
    ioctl::destroy_subvolume(&folder, name).map_err(|error| match error {
        rustix::io::Errno::NOTEMPTY => trouble!("removing {}: it holds subvolumes of its own", path.display()),
        error => trouble!("removing the btrfs subvolume {}: {error}", path.display()),
    })
}

/// Lets the subvolume `path` hold so many bytes; turns quotas on where they are off.
pub fn limit(path: &Path, bytes: u64) -> Result<()> {
    let doing = || format!("limiting the btrfs subvolume {} to {bytes} bytes", path.display());
    let subvolume = File::open(path).doing(doing)?;
    ioctl::enable_quota(&subvolume).doing(doing)?;
    ioctl::limit_subvolume(&subvolume, bytes).doing(doing)
}

/// The folder and the name that a path consists of.
fn place(path: &Path) -> Result<(File, &str)> {
    let parts = path.parent().zip(path.file_name().and_then(|name| name.to_str()));
    let (folder, name) = parts.ok_or_else(|| trouble!("{} names no subvolume", path.display()))?;
    Ok((File::open(folder).doing(|| format!("opening {}", folder.display()))?, name))
}

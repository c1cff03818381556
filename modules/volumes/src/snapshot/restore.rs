//! Putting a snapshot back in its volume's place: prepared beside it, then swapped in one step.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{Kind, Snapshot, Source};
use crate::plugin::spec::Backend;
use crate::plugin::store::sync;
use crate::system::differ::{self, Difference};
use crate::system::tree::{self, Means};
use crate::system::{btrfs, mounts};
use crate::trouble::{Doing, Result, trouble};

/// What of a volume is not as in the snapshot: paths, at most so many.
pub fn differences(source: &Source, snapshot: &Snapshot, most: usize) -> Result<Vec<Difference>> {
    fits(source, snapshot)?;
    match &source.image {
        Some(image) => differ::files(image, &snapshot.image()),
        None => differ::folders(&source.data, &snapshot.data(), most),
    }
}

/// Whether the snapshot is of such a volume.
fn fits(source: &Source, snapshot: &Snapshot) -> Result<()> {
    if source.image.is_some() == (snapshot.record.kind == Kind::Image) {
        Ok(())
    } else {
        Err(trouble!("snapshot {} is of another back end than volume {} is now", snapshot.name, source.volume))
    }
}

/// Gives the volume the snapshot's content. Nobody may use it, and the caller keeps others from it.
pub fn restore(source: &Source, snapshot: &Snapshot) -> Result<()> {
    fits(source, snapshot)?;
    let original = source.image.as_ref().unwrap_or(&source.data);
    let beside = beside(original);
    erase(&beside)?;
    let parent = original.parent().unwrap_or(Path::new("/"));
    let means = if tree::can_reflink(&snapshot.folder, parent) { Means::Reflink } else { Means::Copy };
    let prepared = match snapshot.record.kind {
        Kind::Image => tree::copy_file(&snapshot.image(), &beside, means),
        Kind::Subvolume if btrfs::is_subvolume(original) => btrfs::snapshot(&snapshot.data(), &beside, false),
        Kind::Subvolume | Kind::Tree => {
            let made = if btrfs::is_subvolume(original) {
                btrfs::create(&beside)
            } else {
                fs::create_dir(&beside).doing(|| format!("making the folder {}", beside.display()))
            };
            made.and_then(|()| tree::copy(&snapshot.data(), &beside, means))
        }
    };
    let limited = prepared.and_then(|()| match &source.backend {
        Some(Backend::Btrfs { size: Some(size) }) => btrfs::limit(&beside, *size),
        _ => Ok(()),
    });
    let swapped = limited.and_then(|()| {
        renameat_with(CWD, &beside, CWD, original, RenameFlags::EXCHANGE)
            .doing(|| format!("putting {} in the place of {}", beside.display(), original.display()))
    });
    if let Err(trouble) = swapped {
        // What could not be put in its place is of no use; the first error is told.
        let _ = erase(&beside);
        return Err(trouble);
    }
    sync(parent)?;
    erase(&beside)
}

/// Removes what a killed restore left beside a volume's files.
pub fn sweep(source: &Source) -> Result<()> {
    erase(&beside(source.image.as_ref().unwrap_or(&source.data)))
}

fn beside(original: &Path) -> PathBuf {
    let name = original.file_name().unwrap_or_default().to_string_lossy();
    original.with_file_name(format!(".{name}.restore"))
}

fn erase(path: &Path) -> Result<()> {
    let doing = || format!("removing {}", path.display());
    match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).doing(doing),
        Ok(facts) if !facts.is_dir() => fs::remove_file(path).doing(doing),
        Ok(_) if mounts::table("self")?.iter().any(|mount| mount.target.starts_with(path)) => {
            Err(trouble!("{}: something is mounted in it", doing()))
        }
        Ok(_) if btrfs::is_subvolume(path) => btrfs::destroy(path),
        Ok(_) => fs::remove_dir_all(path).doing(doing),
    }
}

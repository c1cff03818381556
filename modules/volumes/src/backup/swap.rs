//! Puts a tree that has been unpacked beside a volume's files into their place: by one exchange where the directory is the
//! engine's own, else name by name, in steps that can be gone on with after a crash.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use ansible::Failure;
use rustix::fs::{CWD, RenameFlags, renameat_with, syncfs};

use super::data::Data;
use super::record::{Journal, Undo};

/// Where a tree is unpacked in a directory that can't be exchanged. No volume has a file of this name for long.
const WITHIN: &str = ".cdgp-restore";

/// A tree that is being unpacked.
#[derive(Debug, Clone)]
pub struct Staged {
    /// The directory in which the tree is made.
    pub tree: PathBuf,
    /// What has to be removed when it did not come to its end.
    undo: Undo,
}

/// Makes an empty directory for the tree, on the volume's own file system.
///
/// # Errors
/// The system's.
pub fn stage(journal: &Journal, data: &Data) -> Result<Staged, Failure> {
    let (outer, tree) = if data.exchangeable {
        // In the folder that goes with the volume, beside `_data`.
        let tree = data.path.with_file_name(format!("{WITHIN}.{}", std::process::id()));
        (tree.clone(), tree)
    } else {
        (data.path.join(WITHIN), data.path.join(WITHIN).join("new"))
    };
    let undo = Undo::RemoveTree { path: outer.clone() };
    journal.add(undo.clone())?;
    let made = remove(&outer).and_then(|()| fs::DirBuilder::new().recursive(true).mode(0o700).create(&tree));
    made.map_err(|error| Failure::new(format!("making {}: {error}", tree.display())))?;
    Ok(Staged { tree, undo })
}

/// Opens a directory.
///
/// # Errors
/// The system's.
pub fn open(path: &Path) -> Result<OwnedFd, Failure> {
    File::open(path).map(OwnedFd::from).map_err(|error| Failure::new(format!("opening {}: {error}", path.display())))
}

/// Makes the tree the volume's content. What was there before is removed afterwards.
///
/// # Errors
/// The system's; the volume then has its old content, or the record says how to go on.
pub fn swap(journal: &Journal, data: &Data, staged: &Staged) -> Result<(), Failure> {
    let failed = |doing: &str| {
        let doing = format!("{doing} {}", data.path.display());
        move |error: io::Error| Failure::new(format!("{doing}: {error}"))
    };
    // All of it is on disk before anything points to it.
    syncfs(open(&staged.tree)?).map_err(|errno| failed("syncing")(errno.into()))?;
    if data.exchangeable {
        renameat_with(CWD, &staged.tree, CWD, &data.path, RenameFlags::EXCHANGE)
            .map_err(|errno| failed("exchanging")(errno.into()))?;
        syncfs(open(&data.path)?).map_err(|errno| failed("syncing")(errno.into()))?;
        // From here on this is the old content.
        remove(&staged.tree).map_err(failed("removing the old content of"))?;
        return journal.done(&staged.undo);
    }
    let finish = Undo::FinishSwap { root: data.path.clone() };
    journal.replace(&staged.undo, finish.clone())?;
    finish_swap(&data.path).map_err(failed("exchanging the content of"))?;
    journal.done(&finish)
}

/// Exchanges what is in `root` for what is in its `.cdgp-restore/new`, from wherever it stopped. First everything old goes
/// to `old`; the directory `filling` tells that this is done; then everything new comes, and the rest goes.
///
/// # Errors
/// The system's. It can be called again.
pub fn finish_swap(root: &Path) -> io::Result<()> {
    let within = root.join(WITHIN);
    let (new, old, filling) = (within.join("new"), within.join("old"), within.join("filling"));
    if !within.exists() {
        return Ok(());
    }
    if !filling.exists() {
        if !new.exists() {
            return remove(&within);
        }
        fs::create_dir_all(&old)?;
        move_all(root, &old)?;
        syncfs(File::open(root)?)?;
        fs::create_dir(&filling)?;
        syncfs(File::open(root)?)?;
    }
    if new.exists() {
        let meta = archive::metadata(&File::open(&new)?.into()).map_err(io::Error::other)?;
        move_all(&new, root)?;
        archive::dress(&File::open(root)?.into(), &meta).map_err(io::Error::other)?;
        syncfs(File::open(root)?)?;
        fs::remove_dir(&new)?;
    }
    let modified = archive::metadata(&File::open(root)?.into()).map_err(io::Error::other)?;
    remove(&within)?;
    archive::dress(&File::open(root)?.into(), &modified).map_err(io::Error::other)?;
    syncfs(File::open(root)?)?;
    Ok(())
}

fn move_all(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        if name != WITHIN {
            fs::rename(from.join(&name), to.join(&name))?;
        }
    }
    Ok(())
}

/// Removes a tree, if it is there.
///
/// # Errors
/// The system's.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

//! One change of the file system for each action.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ansible::Failure;

use super::observe::Kind;
use super::options::Options;
use super::plan::Action;
use crate::atomic::{NewFile, back_up};

/// Does it; of a backup, the copy's path.
pub async fn apply(options: &Options, action: &Action) -> Result<Option<PathBuf>, Failure> {
    match action {
        Action::BackUp { path } => return back_up(Path::new(path)).map(Some),
        Action::Remove { path, kind: Kind::Directory } => gone(fs::remove_dir_all(path))?,
        Action::Remove { path, .. } => gone(fs::remove_file(path))?,
        Action::MakeDirectory { path, mode, owner, group } => {
            make_directories(Path::new(path), mode.0, *owner, *group)?
        }
        Action::Write { path, content, mode, owner, group } => {
            let new = NewFile {
                path: Path::new(path),
                content,
                mode: mode.0,
                owner: *owner,
                group: *group,
                validate: options.validate.as_deref(),
                in_place: options.unsafe_writes,
            };
            new.write().await?;
        }
        Action::Link { path, to } => {
            let beside = beside(path);
            symlink(to, &beside)?;
            renamed(&beside, path)?;
            let owner = accounts(options).await;
            if owner != (None, None) {
                lchown(path, owner.0, owner.1)?;
            }
        }
        Action::HardLink { path, to } => {
            let beside = beside(path);
            fs::hard_link(to, &beside)?;
            renamed(&beside, path)?;
        }
        Action::SetMode { path, mode } => {
            fs::set_permissions(path, fs::Permissions::from_mode(mode.0))
                .map_err(|error| Failure::new(format!("chmod failed: {error}")))?;
        }
        Action::SetOwner { path, owner, group } => {
            lchown(path, *owner, *group).map_err(|error| Failure::new(format!("chown failed: {error}")))?;
        }
        Action::SetTimes { path, access, modification } => {
            let now = SystemTime::now();
            let mut times = fs::FileTimes::new();
            let found = fs::metadata(path)?;
            times = times.set_accessed(if *access { now } else { found.accessed()? });
            times = times.set_modified(if *modification { now } else { found.modified()? });
            fs::File::open(path)?.set_times(times)?;
        }
    }
    Ok(None)
}

/// Someone else may have removed it in between.
fn gone(removed: std::io::Result<()>) -> std::io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn renamed(from: &Path, to: &str) -> Result<(), Failure> {
    fs::rename(from, to).map_err(|error| {
        // Nobody else will.
        let _ = fs::remove_file(from);
        Failure::from(error)
    })?;
    // Renaming one name of a file to another does nothing, and leaves both.
    if from.symlink_metadata().is_ok() {
        fs::remove_file(from)?;
    }
    Ok(())
}

fn beside(path: &str) -> PathBuf {
    let path = Path::new(path);
    let name: String = path.file_name().unwrap_or_default().to_string_lossy().chars().take(40).collect();
    path.with_file_name(format!(".{name}.cdgp-link-{}", std::process::id()))
}

/// The numbers of `owner` and `group`, which observing has found to be known.
async fn accounts(options: &Options) -> (Option<u32>, Option<u32>) {
    use crate::accounts::Account;
    let mut numbers = (None, None);
    if let Some(owner) = &options.owner {
        numbers.0 = Account::User.number(owner).await;
    }
    if let Some(group) = &options.group {
        numbers.1 = Account::Group.number(group).await;
    }
    numbers
}

/// Makes a folder and those above it that are not there, each with these attributes, as Ansible does it.
fn make_directories(path: &Path, mode: u32, owner: Option<u32>, group: Option<u32>) -> Result<(), Failure> {
    let missing: Vec<&Path> = path.ancestors().take_while(|folder| folder.symlink_metadata().is_err()).collect();
    for folder in missing.into_iter().rev() {
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => continue,
            Err(error) => return Err(Failure::new(format!("making the folder {}: {error}", folder.display()))),
            Ok(()) => {}
        }
        if owner.is_some() || group.is_some() {
            chown(folder, owner, group)?;
        }
        // The folder above may hand on its group bit, which stays.
        let inherited = fs::metadata(folder)?.permissions().mode() & 0o2000;
        fs::set_permissions(folder, fs::Permissions::from_mode(mode | inherited))?;
    }
    Ok(())
}

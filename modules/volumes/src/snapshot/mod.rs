//! Snapshots of volumes, those of the plug-in and those of the engine's own driver: taken, listed, put back, removed.
//!
//! ```text
//! PLACE/NAME/snapshot.json   what it is
//!            data            the files: a folder, or a read-only subvolume
//!            image           of the back end `image`: the file system
//! ```

mod restore;
mod take;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::plugin::spec::{Backend, SnapshotName, is_name};
use crate::plugin::store::{erase, sync};
use crate::trouble::{Doing, Result, trouble};

pub use restore::{differences, restore, sweep};
pub use take::{faster_than_copy, method, take};

/// A snapshot on disk.
#[derive(Debug)]
pub struct Snapshot {
    /// Its name, unique among those of its volume.
    pub name: String,
    /// Where it is.
    pub folder: PathBuf,
    /// What it is.
    pub record: Record,
}

/// `snapshot.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Of this file's form.
    pub format: u32,
    /// Whose it is.
    pub volume: String,
    /// RFC 3339, to the second.
    pub created_at: String,
    /// Of that second: the order of those that were taken in the same one.
    pub nanoseconds: u32,
    /// How it was taken.
    pub method: Method,
    /// What it holds.
    pub kind: Kind,
    /// Whether somebody gave it its name; else it is named for its moment.
    pub named: bool,
    /// The volume's back end, of the plug-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<Backend>,
}

const FORMAT: u32 = 1;

/// How a snapshot is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// The subvolume as it is in one moment.
    Btrfs,
    /// Each file shares its blocks with the copy.
    Reflink,
    /// Byte by byte.
    Copy,
}

impl Method {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Method::Btrfs => "btrfs",
            Method::Reflink => "reflink",
            Method::Copy => "copy",
        }
    }
}

/// What a snapshot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A folder.
    Tree,
    /// A btrfs subvolume.
    Subvolume,
    /// The image of a file system.
    Image,
}

/// A volume as snapshots see it.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name.
    pub volume: String,
    /// Its folder of files.
    pub data: PathBuf,
    /// Its image, of the back end `image`.
    pub image: Option<PathBuf>,
    /// Its back end, of the plug-in.
    pub backend: Option<Backend>,
}

impl Snapshot {
    /// One snapshot among those in `place`.
    pub fn of(place: &Path, wanted: &SnapshotName) -> Result<Snapshot> {
        let missing = || trouble!("volume {} has no snapshot {}", wanted.volume, wanted.name);
        Snapshot::read(place, &wanted.name)?.ok_or_else(missing)
    }

    /// The snapshot of that name, if there is one.
    pub fn read(place: &Path, name: &str) -> Result<Option<Snapshot>> {
        if !is_name(name) {
            return Ok(None);
        }
        let folder = place.join(name);
        let path = folder.join("snapshot.json");
        let doing = || format!("reading {}", path.display());
        let text = match fs::read(&path) {
            Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => return Ok(None),
            text => text.doing(doing)?,
        };
        let record: Record = serde_json::from_slice(&text).doing(doing)?;
        if record.format != FORMAT {
            return Err(trouble!("{}: its format is {}, of a newer release than this", doing(), record.format));
        }
        Ok(Some(Snapshot { name: name.to_owned(), folder, record }))
    }

    /// The snapshots in `place`, the oldest first.
    pub fn all(place: &Path) -> Result<Vec<Snapshot>> {
        let entries = match fs::read_dir(place) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.doing(|| format!("listing {}", place.display()))?,
        };
        let mut all = Vec::new();
        for entry in entries.flatten() {
            if let Some(name) = entry.file_name().to_str() {
                all.extend(Snapshot::read(place, name)?);
            }
        }
        let moment = |snapshot: &Snapshot| (snapshot.record.created_at.clone(), snapshot.record.nanoseconds);
        all.sort_by_key(moment);
        Ok(all)
    }

    /// The files.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The image.
    pub fn image(&self) -> PathBuf {
        self.folder.join("image")
    }

    /// Removes it. Its name goes first, so that half a snapshot is none.
    pub fn remove(self) -> Result<()> {
        let place = self.folder.parent().unwrap_or(Path::new("/")).to_owned();
        let gone = place.join(format!(".gone-{}.{}", self.name, std::process::id()));
        fs::rename(&self.folder, &gone).doing(|| format!("removing {}", self.folder.display()))?;
        sync(&place)?;
        erase(&gone)?;
        // The last one takes the volume's folder with it.
        let _ = fs::remove_dir(&place);
        Ok(())
    }
}

/// The volumes that have snapshots, below the folder of all of them.
pub fn volumes(snapshots: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(snapshots) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.doing(|| format!("listing {}", snapshots.display()))?,
    };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| is_name(name)).collect();
    names.sort_unstable();
    Ok(names)
}

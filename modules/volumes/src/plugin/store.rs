//! The volumes on disk. Nothing is remembered that another process, or another node on a shared root, could change.

use std::collections::HashMap;
use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use docker::{Access, WholeFile};
use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::backend;
use super::spec::{Backend, Spec, is_name};
use super::users::seconds;
use crate::backup::moment;
use crate::system::{btrfs, mounts};
use crate::trouble::{Doing, Result, trouble};

/// Where volumes are when nobody says otherwise.
pub const ROOT: &str = "/var/lib/cdgp.docker/volumes";

/// A folder of volumes.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    /// What the records of volumes say, by the volume's name. A record never changes, but a volume may be removed and
    /// made anew: the record's inode and time tell.
    known: Mutex<HashMap<String, (Seen, Arc<Record>)>>,
}

/// A file's inode, and the second and nanosecond of its last change.
type Seen = (u64, i64, i64);

/// `volume.json`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record {
    /// Of this file's form.
    pub format: u32,
    /// RFC 3339.
    pub created_at: String,
    /// What was asked for.
    pub wanted: Spec,
    /// What it became: with the size and file system of the snapshot that it was made from.
    pub backend: Backend,
}

const FORMAT: u32 = 1;

/// A volume that was there when we looked.
#[derive(Debug, Clone)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// What it is.
    pub record: Arc<Record>,
    /// Its folder.
    pub folder: PathBuf,
}

/// Nobody else mounts, unmounts, removes or restores the volume while this lives, in whichever process.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "closing it frees the lock")] File);

/// How long to wait for a lock: what holds one are mounts, mkfs and the like.
const PATIENCE: Duration = Duration::from_secs(90);

impl Store {
    /// Opens the store, and makes what is missing of it.
    pub fn open(root: &Path) -> Result<Store> {
        for folder in [root, &root.join("volumes"), &root.join("snapshots")] {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.doing(|| format!("making the folder {}", folder.display()))?;
        }
        Store::find(root)
    }

    /// The store that is there.
    pub fn find(root: &Path) -> Result<Store> {
        let root = root.canonicalize().doing(|| format!("looking for volumes in {}", root.display()))?;
        if !root.join("volumes").is_dir() {
            return Err(trouble!("{} holds no volumes of the plug-in: give its `--root`", root.display()));
        }
        Ok(Store { root, known: Mutex::default() })
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a volume's snapshots are.
    pub fn snapshots(&self, volume: &str) -> PathBuf {
        self.root.join("snapshots").join(volume)
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.root.join("volumes").join(name)
    }

    /// The names of the volumes.
    pub fn names(&self) -> Result<Vec<String>> {
        let mut names: Vec<String> = self.entries()?.into_iter().filter(|name| is_name(name)).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// What lies in the folder of volumes, whatever it is.
    pub fn entries(&self) -> Result<Vec<String>> {
        let folder = self.root.join("volumes");
        let doing = || format!("listing {}", folder.display());
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).doing(doing)? {
            names.extend(entry.doing(doing)?.file_name().into_string());
        }
        Ok(names)
    }

    /// Where the files of a volume of that name are, or would be.
    pub fn mountpoint(&self, name: &str) -> PathBuf {
        self.folder(name).join("data")
    }

    /// The volume of that name. Nothing has a name that no volume can have.
    pub fn volume(&self, name: &str) -> Result<Option<Volume>> {
        if !is_name(name) {
            return Ok(None);
        }
        let folder = self.folder(name);
        let path = folder.join("volume.json");
        let doing = || format!("reading {}", path.display());
        let facts = match path.symlink_metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            facts => facts.doing(doing)?,
        };
        let state = (facts.ino(), facts.ctime(), facts.ctime_nsec());
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((seen, record)) = known().get(name)
            && *seen == state
        {
            return Ok(Some(Volume { name: name.to_owned(), record: record.clone(), folder }));
        }
        let text = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            text => text.doing(doing)?,
        };
        let record: Record = serde_json::from_slice(&text).doing(doing)?;
        if record.format != FORMAT {
            return Err(trouble!("{}: its format is {}, of a newer release than this", doing(), record.format));
        }
        let record = Arc::new(record);
        known().insert(name.to_owned(), (state, record.clone()));
        Ok(Some(Volume { name: name.to_owned(), record, folder }))
    }

    /// Makes a volume, or finds the same one made before: the engine asks again when an answer got lost.
    pub fn create(&self, name: &str, spec: &Spec) -> Result<Volume> {
        if !is_name(name) {
            return Err(trouble!("{name:?} can't be a volume's name; {}, and at most 200 of them", docker::NAMES));
        }
        if let Some(volume) = self.volume(name)? {
            return volume.if_made_as(spec);
        }
        let staged = Staged::new(&self.root.join("volumes"), name)?;
        let backend = backend::prepare(self, spec, &staged.folder)?;
        let record =
            Record { format: FORMAT, created_at: moment::text(seconds().cast_signed()), wanted: spec.clone(), backend };
        write_whole(&staged.folder.join("volume.json"), &record)?;
        let folder = self.folder(name);
        let doing = || format!("making the folder {}", folder.display());
        match renameat_with(CWD, &staged.folder, CWD, &folder, RenameFlags::NOREPLACE) {
            Ok(()) => staged.published(),
            Err(Errno::EXIST | Errno::NOTEMPTY) => {}
            Err(error) => return Err(error).doing(doing),
        }
        sync(&self.root.join("volumes"))?;
        self.volume(name)?.ok_or_else(|| trouble!("{}: it is gone at once", doing()))?.if_made_as(spec)
    }

    /// Takes a volume away, whose lock the caller has and which nobody uses. What comes back is left to be erased.
    pub fn discard(&self, volume: &Volume) -> Result<PathBuf> {
        let gone = beside(&self.root.join("volumes"), "gone", &volume.name);
        fs::rename(&volume.folder, &gone).doing(|| format!("removing {}", volume.folder.display()))?;
        sync(&self.root.join("volumes"))?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&volume.name);
        Ok(gone)
    }

    /// What killed processes left behind: volumes half made or half erased.
    pub fn leftovers(&self) -> Result<Vec<PathBuf>> {
        let left = |name: &String| name.starts_with(".new-") || name.starts_with(".gone-");
        let paths = self.entries()?.into_iter().filter(left).map(|name| self.folder(&name));
        // What another process is just making is no leftover.
        Ok(paths.filter(|path| try_lock(path).is_ok_and(|lock| lock.is_some())).collect())
    }
}

impl Volume {
    /// Where its files are.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Its file system, of the back end `image`.
    pub fn image(&self) -> PathBuf {
        self.folder.join("image")
    }

    /// Locks it, and waits for whoever has it locked.
    pub fn lock(&self) -> Result<Lock> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(lock) = try_lock(&self.folder)? {
                return Ok(lock);
            }
            if Instant::now() > deadline {
                let seconds = PATIENCE.as_secs();
                return Err(trouble!("volume {} has been locked by another process for {seconds} seconds", self.name));
            }
            sleep(Duration::from_millis(5));
        }
    }

    fn if_made_as(self, spec: &Spec) -> Result<Volume> {
        if self.record.wanted == *spec {
            Ok(self)
        } else {
            Err(trouble!("volume {} exists with other options; remove it first, or take another name", self.name))
        }
    }
}

/// The lock of a volume's folder; `None`: somebody has it.
fn try_lock(folder: &Path) -> Result<Option<Lock>> {
    let path = folder.join("lock");
    let doing = || format!("locking {}", path.display());
    let file = File::options().read(true).write(true).create(true).truncate(false).open(&path).doing(doing)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Ok(None),
        Err(error) => return Err(error).doing(doing),
    }
    // Of a volume that was removed while we waited, we would have the lock of a file that is no more.
    let (locked, there) = (file.metadata().doing(doing)?, path.metadata().doing(doing)?);
    Ok((locked.ino() == there.ino()).then_some(Lock(file)))
}

/// A volume's folder on its way, removed unless it is published.
#[derive(Debug)]
pub struct Staged {
    /// Where it is made.
    pub folder: PathBuf,
    lock: Option<Lock>,
}

impl Staged {
    /// Begins `name` in `folder`.
    pub fn new(folder: &Path, name: &str) -> Result<Staged> {
        let folder = beside(folder, "new", name);
        let doing = || format!("making the folder {}", folder.display());
        fs::create_dir(&folder).doing(doing)?;
        fs::set_permissions(&folder, Permissions::from_mode(0o700)).doing(doing)?;
        let lock = try_lock(&folder)?;
        Ok(Staged { folder, lock })
    }

    /// It has its name now.
    pub fn published(mut self) {
        self.lock = None;
        self.folder = PathBuf::new();
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.folder.as_os_str().is_empty() {
            // The next start of the plug-in, or `fsck`, tries again.
            let _ = erase(&self.folder);
        }
    }
}

/// A name beside the finished ones that nobody else takes: `.new-db.4711.0`.
fn beside(folder: &Path, what: &str, name: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    folder.join(format!(".{what}-{name}.{}.{number}", std::process::id()))
}

/// Removes the folder of a volume or a snapshot with all that is in it. What is mounted in it is not ours to remove.
pub fn erase(folder: &Path) -> Result<()> {
    let data = folder.join("data");
    if data.is_dir() && mounts::is_mounted(&data)? && !mounts::unmount(&data)? {
        return Err(trouble!("removing {}: it is still in use", folder.display()));
    }
    let table = mounts::table("self")?;
    if let Some(mount) = table.iter().find(|mount| mount.target.starts_with(folder)) {
        return Err(trouble!("removing {}: something is mounted at {}", folder.display(), mount.target.display()));
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if btrfs::is_subvolume(&entry.path()) {
            btrfs::destroy(&entry.path())?;
        }
    }
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done.doing(|| format!("removing {}", folder.display())),
    }
}

/// Writes a record so that it is there whole, and on disk, or not at all.
pub fn write_whole(path: &Path, record: &impl Serialize) -> Result<()> {
    let doing = || format!("writing {}", path.display());
    let text = serde_json::to_vec_pretty(record).doing(doing)?;
    let mut file = WholeFile::create(path, Access::Private).doing(doing)?;
    file.file().write_all(&text).doing(doing)?;
    file.into_place().doing(doing)
}

/// Writes a folder's own content, the names in it, to disk.
pub fn sync(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|file| file.sync_all()).doing(|| format!("writing {} to disk", folder.display()))
}

//! What a run still has to undo, on disk before it is done: so that the next run, a timer or the run's own watcher can
//! undo it when the run was killed.

use std::cell::RefCell;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ansible::Failure;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

/// What a run has done that must not stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What the run was: `the backup of volume db`.
    pub of: String,
    /// The engine's address.
    pub docker_host: String,
    /// What has to be undone, the last first.
    pub undo: Vec<Undo>,
}

/// One thing to undo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// A container was paused.
    Unpause { id: String, name: String },
    /// A container was stopped that ran since `started`; within `patience` seconds it has stopped.
    Start { id: String, name: String, started: String, patience: u64 },
    /// A service was scaled down from so many replicas.
    Scale { id: String, name: String, replicas: i64 },
    /// A command was run in a container, and this one follows it.
    Hook { container: String, argv: Vec<String>, user: Option<String> },
    /// A file is half written.
    RemoveFile { path: PathBuf },
    /// A directory is of no more use: half filled, or what another one took the place of.
    RemoveTree { path: PathBuf },
    /// A volume was made for what did not come.
    RemoveVolume { name: String },
    /// The content of a directory is being exchanged, and is to be exchanged to the end.
    FinishSwap { root: PathBuf },
}

/// The directory of records, held by one run at a time.
#[derive(Debug)]
pub struct Held {
    directory: PathBuf,
    /// Locked until it is dropped.
    lock: RefCell<Option<File>>,
}

/// How often another run is asked whether it has ended.
const PAUSE: Duration = Duration::from_millis(100);

impl Held {
    /// Waits until no other run holds the directory. One that is not there is held by nobody, and is not made.
    ///
    /// # Errors
    /// It can't be opened.
    pub async fn take(directory: &Path) -> Result<Held, Failure> {
        let failed = |error: io::Error| Failure::new(format!("opening {}: {error}", directory.display()));
        let lock = match File::open(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            opened => Some(opened.map_err(failed)?),
        };
        if let Some(lock) = &lock {
            while flock(lock, FlockOperation::NonBlockingLockExclusive).is_err() {
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok(Held { directory: directory.to_owned(), lock: RefCell::new(lock) })
    }

    /// The records that were left, with their files. One whose undoing is under way is waited for.
    ///
    /// # Errors
    /// They can't be read.
    pub async fn left(&self) -> Result<Vec<(PathBuf, Record)>, Failure> {
        let mut records = Vec::new();
        let entries = match fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(records),
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            while let Ok(file) = File::open(&path) {
                if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
                if let Some(record) = read(&path)? {
                    records.push((path, record));
                }
                break;
            }
        }
        records.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(records)
    }
}

/// Reads a record; `None` where it has been done with.
///
/// # Errors
/// It is none.
pub fn read(path: &Path) -> Result<Option<Record>, Failure> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    let record = serde_json::from_slice(&text);
    record.map(Some).map_err(|error| Failure::new(format!("reading the record {}: {error}", path.display())))
}

/// Opens a record's file and waits until nobody else works on it; `None` where it has been done with.
pub fn lock(path: &Path) -> io::Result<Option<File>> {
    loop {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        flock(&file, FlockOperation::LockExclusive)?;
        // Another one may have replaced it, or have done with it, while we waited.
        use std::os::unix::fs::MetadataExt;
        match fs::metadata(path) {
            Ok(facts) if facts.ino() == file.metadata()?.ino() => return Ok(Some(file)),
            _ => {}
        }
    }
}

/// Puts a record on disk; when it has returned, a power cut does not take it away.
///
/// # Errors
/// The system's.
pub fn write(path: &Path, record: &Record) -> io::Result<File> {
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    // Held before it can be found.
    flock(&file, FlockOperation::LockExclusive)?;
    file.write_all(serde_json::to_string(record)?.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()?;
    Ok(file)
}

/// The record of this run, and who watches over it.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    now: RefCell<(Record, File)>,
    /// Held: what it reads ends when this run does.
    watcher: Child,
}

impl Journal {
    /// Begins a record: made before anything is done that is to be undone.
    ///
    /// # Errors
    /// It can't be written, or nobody can be found to watch.
    pub fn begin(held: &Held, of: String, docker_host: &str) -> Result<Journal, Failure> {
        let directory = &held.directory;
        let failed = |error: io::Error| {
            Failure::new(format!("keeping a record of the run in {} (`state_directory`): {error}", directory.display()))
        };
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
        if held.lock.borrow().is_none() {
            let lock = File::open(directory).map_err(failed)?;
            flock(&lock, FlockOperation::NonBlockingLockExclusive)
                .map_err(|_| Failure::new("another backup began at the same moment: run the task again"))?;
            held.lock.replace(Some(lock));
        }
        // What runs left that were killed while they wrote: nobody else writes now.
        for entry in fs::read_dir(directory).map_err(failed)?.flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "new") {
                let _ = fs::remove_file(entry.path());
            }
        }
        let path = directory.join(format!("{}.json", std::process::id()));
        let record = Record { of, docker_host: docker_host.to_owned(), undo: Vec::new() };
        let file = write(&path, &record).map_err(failed)?;
        // This program again, on what it began as: its file may be gone by now.
        let watcher = Command::new("/proc/self/exe")
            .args(["recover", "--watch"])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .spawn()
            .map_err(failed)?;
        Ok(Journal { path, now: RefCell::new((record, file)), watcher })
    }

    /// Notes what has to be undone, before it is done.
    ///
    /// # Errors
    /// The disk takes no more.
    pub fn add(&self, undo: Undo) -> Result<(), Failure> {
        self.change(|record| record.undo.push(undo))
    }

    /// Strikes out what has been undone, or need not be.
    ///
    /// # Errors
    /// As [`Journal::add`].
    pub fn done(&self, undo: &Undo) -> Result<(), Failure> {
        self.change(|record| record.undo.retain(|other| other != undo))
    }

    /// Replaces one by another, in one step.
    ///
    /// # Errors
    /// As [`Journal::add`].
    pub fn replace(&self, old: &Undo, new: Undo) -> Result<(), Failure> {
        self.change(|record| {
            record.undo.retain(|other| other != old);
            record.undo.push(new);
        })
    }

    fn change(&self, change: impl FnOnce(&mut Record)) -> Result<(), Failure> {
        let mut now = self.now.borrow_mut();
        change(&mut now.0);
        let written = write(&self.path, &now.0);
        now.1 =
            written.map_err(|error| Failure::new(format!("writing the record {}: {error}", self.path.display())))?;
        Ok(())
    }

    /// What is still to be undone, the last first.
    pub fn left(&self) -> Vec<Undo> {
        self.now.borrow().0.undo.iter().rev().cloned().collect()
    }

    /// Ends the record, where nothing is left to undo: its watcher finds nothing and goes. Else the watcher goes on trying
    /// when this run has ended.
    pub fn end(mut self) {
        let done = self.now.borrow().0.undo.is_empty();
        if done {
            // A record that says nothing harms nobody.
            let _ = fs::remove_file(&self.path);
        }
        drop(self.watcher.stdin.take());
        if done {
            let _ = self.watcher.wait();
        }
    }
}

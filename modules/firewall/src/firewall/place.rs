//! Where the firewall keeps things on the target, and the lock by which one at a time changes them.

use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ansible::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What outlives a restart of the host.
pub const STATE: &str = "/var/lib/cdgp.docker/firewall";
/// What does not.
const RUNTIME: &str = "/run/cdgp.docker/firewall";

/// A file that goes with the next restart of the host.
pub fn runtime(name: &str) -> PathBuf {
    Path::new(RUNTIME).join(name)
}

/// Held while rules are read and changed; let go when it is dropped, or when the process ends.
pub struct Lock(#[allow(dead_code)] File); // It holds the lock by being open.

/// Waits for the others to be done.
///
/// # Errors
/// There is no place for the lock, as without the rights of root.
pub fn lock() -> Result<Lock, Failure> {
    let failed = |error: std::io::Error| {
        let fix =
            if error.kind() == ErrorKind::PermissionDenied { ". The firewall needs root: set `become`" } else { "" };
        Failure::new(format!("locking the firewall in {RUNTIME}: {error}{fix}"))
    };
    DirBuilder::new().recursive(true).mode(0o700).create(RUNTIME).map_err(failed)?;
    let file =
        File::options().create(true).truncate(false).write(true).mode(0o600).open(runtime("lock")).map_err(failed)?;
    file.lock().map_err(failed)?;
    Ok(Lock(file))
}

/// Reads a file of ours; `None` when there is none.
///
/// # Errors
/// It can't be read, or is not what we wrote.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::new(format!("reading {}: {why}", path.display()));
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| failed(&error)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

/// Writes a file of ours.
///
/// # Errors
/// The file system refuses.
pub fn write(path: &Path, content: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_vec(content)?;
    replace(path, &text, 0o600)
}

/// Replaces a file at once, and on the disk, so that a crash leaves the old one or the new one.
///
/// # Errors
/// The file system refuses.
pub fn replace(path: &Path, content: &[u8], mode: u32) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("writing {}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    // One that a crash has left may have another mode.
    remove(&new)?;
    let mut file = File::options().create_new(true).write(true).mode(mode).open(&new).map_err(failed)?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&new, path).map_err(failed)
}

/// Removes a file, if it is there.
///
/// # Errors
/// The file system refuses.
pub fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Failure::new(format!("removing {}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

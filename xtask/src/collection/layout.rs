//! A directory's wished content, and bringing the directory to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Files by their path in the directory.
#[derive(Default)]
pub struct Layout {
    files: BTreeMap<PathBuf, File>,
}

struct File {
    content: Vec<u8>,
    executable: bool,
}

impl Layout {
    /// Adds a file.
    pub fn add(&mut self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), File { content: content.into(), executable: false });
    }

    /// Adds a program.
    pub fn add_program(&mut self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), File { content: content.into(), executable: true });
    }

    /// Adds what lies under `source`, a file or a directory; nothing when it is not there.
    pub fn add_tree(&mut self, path: impl Into<PathBuf>, source: &Path) -> Result<()> {
        let path = path.into();
        if source.is_dir() {
            let entries = fs::read_dir(source).with_context(|| format!("reading {}", source.display()))?;
            for entry in entries {
                let entry = entry?;
                // What Python and editors leave behind is not ours to ship.
                let name = entry.file_name();
                if name != "__pycache__" && !name.to_string_lossy().starts_with('.') {
                    self.add_tree(path.join(name), &entry.path())?;
                }
            }
        } else if source.is_file() {
            let executable = source.metadata()?.permissions().mode() & 0o100 != 0;
            let content = fs::read(source).with_context(|| format!("reading {}", source.display()))?;
            self.files.insert(path, File { content, executable });
        }
        Ok(())
    }

    /// Makes `directory` hold these files and no others. A file that is right already is not touched; each other one
    /// appears whole, by renaming. Returns how many files were written or removed.
    pub fn bring_to(&self, directory: &Path) -> Result<usize> {
        let mut touched = 0;
        for (path, file) in &self.files {
            touched += usize::from(file.write(&directory.join(path))?);
        }
        let wanted: BTreeSet<PathBuf> = self.files.keys().map(|path| directory.join(path)).collect();
        touched += remove_others(directory, &wanted)?;
        Ok(touched)
    }
}

impl File {
    /// Whether it had to be written.
    fn write(&self, path: &Path) -> Result<bool> {
        let mode = if self.executable { 0o755 } else { 0o644 };
        let same_mode =
            path.symlink_metadata().is_ok_and(|known| known.is_file() && known.permissions().mode() & 0o777 == mode);
        if same_mode && fs::read(path).is_ok_and(|present| present == self.content) {
            return Ok(false);
        }
        let writing = || format!("writing {}", path.display());
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(writing)?;
        }
        let mut new = path.as_os_str().to_owned();
        new.push(".new");
        fs::write(&new, &self.content).with_context(writing)?;
        fs::set_permissions(&new, Permissions::from_mode(mode)).with_context(writing)?;
        fs::rename(&new, path).with_context(writing)?;
        Ok(true)
    }
}

/// Removes every file under `directory` that is not wanted, and directories that become empty. Returns how many files.
fn remove_others(directory: &Path, wanted: &BTreeSet<PathBuf>) -> Result<usize> {
    let mut removed = 0;
    for entry in fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))? {
        let path = entry?.path();
        let removing = || format!("removing {}", path.display());
        if path.is_dir() && !path.is_symlink() {
            removed += remove_others(&path, wanted)?;
            if fs::read_dir(&path)?.next().is_none() {
                fs::remove_dir(&path).with_context(removing)?;
            }
        } else if !wanted.contains(&path) {
            fs::remove_file(&path).with_context(removing)?;
            removed += 1;
        }
    }
    Ok(removed)
}

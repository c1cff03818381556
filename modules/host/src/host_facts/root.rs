//! The file tree that facts are read from.

use std::fs;
use std::path::{Path, PathBuf};

/// A folder that stands for `/`.
#[derive(Debug)]
pub struct Root(PathBuf);

impl Root {
    /// The tree below `folder`.
    pub fn new(folder: &str) -> Root {
        Root(PathBuf::from(folder))
    }

    /// Whether it is the host's own.
    pub fn is_host(&self) -> bool {
        self.0 == Path::new("/")
    }

    /// A path of the tree as one of the host. `path` is absolute. The kernel's own file systems are the host's where the
    /// tree has none.
    pub fn path(&self, path: &str) -> PathBuf {
        let inside = self.0.join(path.trim_start_matches('/'));
        let top = path.split('/').nth(1).unwrap_or_default();
        if matches!(top, "proc" | "sys") && !self.0.join(top).join(first_of(top)).exists() {
            return PathBuf::from(path);
        }
        inside
    }

    /// Whether there is something at this path; links count that lead nowhere, as absolute ones do in another tree.
    pub fn has(&self, path: &str) -> bool {
        self.path(path).symlink_metadata().is_ok()
    }

    /// A file's text; empty when it can't be read.
    pub fn text(&self, path: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.path(path)).unwrap_or_default()).into_owned()
    }

    /// A file's text without blanks around it; `None` when it can't be read or is empty.
    pub fn line(&self, path: &str) -> Option<String> {
        Some(self.text(path).trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The names in a folder, sorted.
    pub fn names(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(path)).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// What is always in a mounted one, so that the empty folder of an image is told from it.
fn first_of(top: &str) -> &'static str {
    if top == "proc" { "filesystems" } else { "kernel" }
}

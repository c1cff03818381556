//! Backups in a directory of the target.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ansible::Failure;

use super::{Sink, Store, Stored};

/// A directory. It is made, for its owner alone, when the first backup comes.
#[derive(Debug)]
pub struct Directory(pub PathBuf);

impl Directory {
    fn failed(&self, doing: &str, name: &str) -> impl FnOnce(io::Error) -> Failure {
        let doing = format!("{doing} {}", self.0.join(name).display());
        move |error| Failure::new(format!("{doing}: {error}"))
    }
}

impl Store for Directory {
    fn place(&self) -> String {
        self.0.display().to_string()
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn partial(&self, name: &str) -> Option<PathBuf> {
        Some(self.0.join(partial(name)))
    }

    fn list(&self) -> Result<Vec<Stored>, Failure> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(self.failed("reading", ""))?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry.map_err(self.failed("reading", ""))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            match fs::metadata(entry.path()) {
                Ok(facts) if facts.is_file() => {
                    files.push(Stored { name, size: facts.len(), time: facts.mtime(), content: None });
                }
                // It went meanwhile, or is none of ours.
                _ => {}
            }
        }
        Ok(files)
    }

    fn read(&self, name: &str) -> Result<Box<dyn Read + Send>, Failure> {
        Ok(Box::new(File::open(self.0.join(name)).map_err(self.failed("opening", name))?))
    }

    fn create(&self, name: &str) -> Result<Box<dyn Sink>, Failure> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0);
        made.map_err(self.failed("making the directory", ""))?;
        let partial = self.0.join(partial(name));
        let mut options = File::options();
        options.write(true).create(true).truncate(true).mode(0o600);
        let file = options.open(&partial).map_err(self.failed("making", name))?;
        Ok(Box::new(Whole { file, partial: Some(partial), path: self.0.join(name) }))
    }

    fn remove(&self, name: &str) -> Result<(), Failure> {
        match fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed("removing", name)(error)),
            _ => Ok(()),
        }
    }
}

/// The name of a file on its way. With a dot before it, it is no backup's.
fn partial(name: &str) -> String {
    format!(".{name}.partial")
}

struct Whole {
    file: File,
    /// `None` once it is in its place.
    partial: Option<PathBuf>,
    path: PathBuf,
}

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Sink for Whole {
    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        let failed = |error: io::Error| Failure::new(format!("writing {}: {error}", self.path.display()));
        self.file.sync_all().map_err(failed)?;
        if let Some(partial) = self.partial.take() {
            let moved = fs::rename(&partial, &self.path);
            moved
                .inspect_err(|_| self.partial = Some(partial))
                .map_err(|error| Failure::new(format!("putting {} into its place: {error}", self.path.display())))?;
        }
        File::open(self.path.parent().unwrap_or(Path::new("/"))).and_then(|folder| folder.sync_all())?;
        Ok(())
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if let Some(partial) = &self.partial {
            // Nobody is left to tell; the record of the run names it too.
            let _ = fs::remove_file(partial);
        }
    }
}

//! A build context as a tar archive, streamed: no file is held in memory.
//!
//! The same context gives the same bytes: entries are sorted, owners are root, times are those of the files, as
//! `docker build` sends them.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use tar::{Builder, EntryType, Header};

use super::context::{Context, ContextError, Entry, Kind, Place};
use crate::sha256::hexadecimal;
use crate::upload::{Upload, WhyBroken};

impl Context {
    /// The name by which the engine finds the Dockerfile in the archive.
    pub(super) fn dockerfile_in_archive(&self) -> String {
        match &self.dockerfile.place {
            Place::Inside(path) => path.to_string_lossy().into_owned(),
            // The CLI's way: a name that no one else uses.
            Place::Outside => format!(".dockerfile.{}", &hexadecimal(&self.dockerfile.text)[..20]),
        }
    }

    /// Writes the archive.
    ///
    /// # Errors
    /// A file can't be read or has changed, or `out` takes no more.
    pub(super) fn write_tar(&self, out: impl Write) -> Result<(), ContextError> {
        let mut archive = Builder::new(out);
        let outside = matches!(self.dockerfile.place, Place::Outside);
        for entry in self.entries.iter().filter(|entry| !(outside && entry.path == Path::new(".dockerignore"))) {
            self.append(&mut archive, entry)?;
        }
        if outside {
            let name = self.dockerfile_in_archive();
            // So that it does not get into the image.
            let mut ignore = match std::fs::read(self.root.join(".dockerignore")) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => b".dockerignore".to_vec(),
                Err(source) => return Err(ContextError::Read { path: self.root.join(".dockerignore"), source }),
            };
            ignore.extend_from_slice(format!("\n{name}\n").as_bytes());
            for (name, text) in [(".dockerignore", ignore.as_slice()), (&name, &self.dockerfile.text)] {
                let mut header = header(EntryType::Regular, 0o600, 0, text.len() as u64);
                archive.append_data(&mut header, name, text).map_err(ContextError::Send)?;
            }
        }
        archive.finish().map_err(ContextError::Send)
    }

    fn append(&self, archive: &mut Builder<impl Write>, entry: &Entry) -> Result<(), ContextError> {
        match &entry.kind {
            Kind::Folder => {
                let mut header = header(EntryType::Directory, entry.mode, entry.mtime, 0);
                archive.append_data(&mut header, &entry.path, io::empty()).map_err(ContextError::Send)
            }
            Kind::Link { to } => {
                let mut header = header(EntryType::Symlink, entry.mode, entry.mtime, 0);
                archive.append_link(&mut header, &entry.path, to).map_err(ContextError::Send)
            }
            Kind::File { size } => {
                let mut header = header(EntryType::Regular, entry.mode, entry.mtime, *size);
                let mut file = self.open_file(entry, *size)?;
                let sent = archive.append_data(&mut header, &entry.path, &mut file);
                // A file that could not be read in full is why the archive broke off.
                file.failure().map_or(sent.map_err(ContextError::Send), Err)
            }
        }
    }

    /// A file of exactly the size that the listing told.
    pub(super) fn open_file(&self, entry: &Entry, size: u64) -> Result<Exactly, ContextError> {
        let path = self.root.join(&entry.path);
        match File::open(&path) {
            Ok(file) => Ok(Exactly { file, path, left: size, failed: None }),
            Err(source) => Err(ContextError::Read { path, source }),
        }
    }
}

fn header(kind: EntryType, mode: u32, mtime: u64, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_mtime(mtime);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(size);
    header
}

/// Reads a file of a known size, and fails when it has another by now.
pub(super) struct Exactly {
    file: File,
    path: std::path::PathBuf,
    left: u64,
    failed: Option<ContextError>,
}

impl Exactly {
    /// Why reading failed, if it did.
    pub(super) fn failure(self) -> Option<ContextError> {
        self.failed
    }
}

impl Read for Exactly {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let changed = |path: &Path| ContextError::Changed { path: path.to_owned() };
        let read = match self.file.read(buffer) {
            Ok(read) => read,
            Err(source) => {
                self.failed = Some(ContextError::Read { path: self.path.clone(), source });
                return Err(io::Error::other("a file can't be read"));
            }
        };
        let (grown, shrunk) = (read as u64 > self.left, read == 0 && !buffer.is_empty() && self.left > 0);
        if grown || shrunk {
            self.failed = Some(changed(&self.path));
            return Err(io::Error::other("a file changed"));
        }
        self.left -= read as u64;
        Ok(read)
    }
}

/// The archive as the body of a request.
pub(super) fn upload(context: Context) -> (Upload, WhyBroken<ContextError>) {
    Upload::start(move |out| context.write_tar(out))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    use super::*;

    /// A context in a folder of this test's own.
    fn context(name: &str, ignore: &str, dockerfile: Option<&str>) -> (PathBuf, Context) {
        let root = std::env::temp_dir().join(format!("cdgp-context-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("sub/deep")).unwrap();
        for (path, text) in [("b", "bb"), ("a", "a"), ("sub/deep/x", "x"), ("sub/y", "y"), ("Dockerfile", "FROM a")] {
            fs::write(root.join(path), text).unwrap();
        }
        fs::write(root.join(".dockerignore"), ignore).unwrap();
        fs::set_permissions(root.join("b"), PermissionsExt::from_mode(0o751)).unwrap();
        symlink("../b", root.join("sub/link")).unwrap();
        let context = Context::open(&root, dockerfile.map(Path::new)).unwrap();
        (root, context)
    }

    fn names(context: &Context) -> Vec<String> {
        let mut bytes = Vec::new();
        context.write_tar(&mut bytes).unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect()
    }

    #[test]
    fn an_archive_is_sorted_and_the_same_each_time() {
        let (root, context) = context("sorted", "", None);
        let sorted = [".dockerignore", "Dockerfile", "a", "b", "sub", "sub/deep", "sub/deep/x", "sub/link", "sub/y"];
        assert_eq!(names(&context), sorted);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        context.write_tar(&mut first).unwrap();
        Context::open(&root, None).unwrap().write_tar(&mut second).unwrap();
        assert!(first == second);
        let mut archive = tar::Archive::new(first.as_slice());
        let headers: Vec<Header> = archive.entries().unwrap().map(|entry| entry.unwrap().header().clone()).collect();
        assert!(headers.iter().all(|header| (header.uid().unwrap(), header.gid().unwrap()) == (0, 0)));
        assert_eq!(headers[3].mode().unwrap(), 0o751);
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn what_stays_behind_is_not_in_it_but_the_dockerfile_is() {
        for (ignore, sent) in [
            ("*", &[".dockerignore", "Dockerfile"][..]),
            ("*\n!sub/deep", &[".dockerignore", "Dockerfile", "sub", "sub/deep", "sub/deep/x"]),
            ("sub/deep\na\nb", &[".dockerignore", "Dockerfile", "sub", "sub/link", "sub/y"]),
        ] {
            let (root, context) = context("ignored", ignore, None);
            assert_eq!(names(&context), sent, "{ignore}");
            fs::remove_dir_all(root).unwrap();
        }
    }

    #[test]
    fn a_dockerfile_from_outside_is_put_in_and_hidden() {
        let outside = std::env::temp_dir().join(format!("cdgp-dockerfile-{}", std::process::id()));
        fs::write(&outside, "FROM b").unwrap();
        let (root, context) = context("outside", "a", outside.to_str());
        let name = context.dockerfile_in_archive();
        assert!(names(&context).contains(&name) && !names(&context).contains(&"a".to_owned()));
        let mut bytes = Vec::new();
        context.write_tar(&mut bytes).unwrap();
        assert!(String::from_utf8_lossy(&bytes).contains(&format!("a\n{name}\n")));
        fs::remove_file(outside).unwrap();
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_file_that_changes_meanwhile_is_named() {
        let (root, context) = context("changes", "", None);
        for text in ["", "longer than before"] {
            fs::write(root.join("b"), text).unwrap();
            let error = context.write_tar(io::sink()).unwrap_err().to_string();
            assert!(error.contains("/b changed while"), "{error}");
            assert!(context.sha256("").is_err());
        }
        fs::remove_file(root.join("b")).unwrap();
        let error = context.write_tar(io::sink()).unwrap_err().to_string();
        assert!(error.starts_with("reading ") && error.contains("/b of the build context"), "{error}");
        fs::remove_dir_all(root).unwrap();
    }
}

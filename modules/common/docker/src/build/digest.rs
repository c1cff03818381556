//! What a build context amounts to, as one number: it changes when something that can change the image does.

use std::io;
use std::os::unix::ffi::OsStrExt;

use sha2::{Digest, Sha256};

use super::context::{Context, ContextError, Kind};
use crate::sha256::letters;

impl Context {
    /// SHA-256 (hexadecimal) over the Dockerfile and over the names, permissions and contents of everything that is
    /// sent. Times are left out, as in the engine's own build cache. `more` is what else decides the image: the
    /// arguments of the build.
    ///
    /// # Errors
    /// A file can't be read, or changes meanwhile.
    pub fn sha256(&self, more: &str) -> Result<String, ContextError> {
        let mut hash = Sha256::new();
        part(&mut hash, more.as_bytes());
        part(&mut hash, &self.dockerfile.text);
        for entry in &self.entries {
            part(&mut hash, entry.path.as_os_str().as_bytes());
            hash.update(entry.mode.to_be_bytes());
            match &entry.kind {
                Kind::Folder => hash.update(b"folder"),
                Kind::Link { to } => {
                    hash.update(b"link");
                    part(&mut hash, to.as_os_str().as_bytes());
                }
                Kind::File { size } => {
                    hash.update(b"file");
                    hash.update(size.to_be_bytes());
                    let mut file = self.open_file(entry, *size)?;
                    let read = io::copy(&mut file, &mut Sink(&mut hash));
                    if let Some(failure) = file.failure() {
                        return Err(failure);
                    }
                    read.map_err(|source| ContextError::Read { path: entry.path.clone(), source })?;
                }
            }
        }
        Ok(letters(&hash.finalize()))
    }
}

/// Its length first, so that no two sequences of parts look the same.
fn part(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

struct Sink<'h>(&'h mut Sha256);

impl io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

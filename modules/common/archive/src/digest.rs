//! SHA-256 of what passes by.

use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};

/// A running SHA-256.
#[derive(Debug, Clone, Default)]
pub(crate) struct Digest(Sha256);

impl Digest {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// In hexadecimal, as `sha256sum` writes it.
    pub fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Counts and digests what is read or written through it.
#[derive(Debug)]
pub(crate) struct Watched<Inner> {
    pub inner: Inner,
    pub digest: Digest,
    pub bytes: u64,
}

impl<Inner> Watched<Inner> {
    pub fn new(inner: Inner) -> Self {
        Watched { inner, digest: Digest::default(), bytes: 0 }
    }

    fn passed(&mut self, bytes: &[u8]) {
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
    }
}

impl<Inner: Write> Write for Watched<Inner> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.passed(&buffer[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<Inner: Read> Read for Watched<Inner> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.passed(&buffer[..read]);
        Ok(read)
    }
}

//! Encryption by age, to X25519 recipients.
//!
//! Source: the age file format, version 1 (C2SP).

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use age::stream::{StreamReader, StreamWriter};

use crate::error::{Error, Result};

/// For whom an archive is encrypted: `age1…`.
#[derive(Debug, Clone)]
pub struct Recipient(age::x25519::Recipient);

impl FromStr for Recipient {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        text.trim().parse().map(Recipient)
    }
}

/// The key that opens an archive: `AGE-SECRET-KEY-1…`.
#[derive(Clone)]
pub struct Identity(age::x25519::Identity);

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

/// Reads keys as `age-keygen` writes them: one a line, beside comments.
///
/// # Errors
/// A line is none.
pub fn identities(text: &str) -> std::result::Result<Vec<Identity>, &'static str> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.parse().map(Identity)).collect()
}

/// Writes as it is, or encrypted.
pub(crate) enum Sealing<Sink: Write> {
    Plain(Sink),
    Age(Box<StreamWriter<Sink>>),
}

impl<Sink: Write> Sealing<Sink> {
    pub fn new(sink: Sink, recipients: &[Recipient]) -> Result<Self> {
        if recipients.is_empty() {
            return Ok(Sealing::Plain(sink));
        }
        let recipients = recipients.iter().map(|recipient| &recipient.0 as &dyn age::Recipient);
        let encryptor = age::Encryptor::with_recipients(recipients)
            .map_err(|error| Error::io("encrypting")(io::Error::other(error.to_string())))?;
        let writer = encryptor.wrap_output(sink).map_err(Error::io("writing the archive"))?;
        Ok(Sealing::Age(Box::new(writer)))
    }

    /// Ends the encryption, and gives the sink back.
    pub fn finish(self) -> io::Result<Sink> {
        match self {
            Sealing::Plain(sink) => Ok(sink),
            Sealing::Age(writer) => writer.finish(),
        }
    }
}

impl<Sink: Write> Write for Sealing<Sink> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sealing::Plain(sink) => sink.write(bytes),
            Sealing::Age(writer) => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sealing::Plain(sink) => sink.flush(),
            Sealing::Age(writer) => writer.flush(),
        }
    }
}

/// Reads as it is, or decrypted.
pub(crate) enum Opened<Source: Read> {
    Plain(Source),
    Age(Box<StreamReader<Source>>),
}

impl<Source: Read> Opened<Source> {
    /// With keys the source is an age file that one of them opens; without any it is none.
    pub fn new(source: Source, identities: &[Identity]) -> Result<Self> {
        if identities.is_empty() {
            return Ok(Opened::Plain(source));
        }
        let failed = |error: age::DecryptError| match error {
            age::DecryptError::Io(error) => Error::reading(error),
            age::DecryptError::NoMatchingKeys => Error::Refused("none of the keys opens it".to_owned()),
            other => Error::Damaged(other.to_string()),
        };
        let identities = identities.iter().map(|identity| &identity.0 as &dyn age::Identity);
        let reader = age::Decryptor::new(source).and_then(|decryptor| decryptor.decrypt(identities)).map_err(failed)?;
        Ok(Opened::Age(Box::new(reader)))
    }
}

impl<Source: Read> Read for Opened<Source> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Opened::Plain(source) => source.read(buffer),
            Opened::Age(reader) => reader.read(buffer),
        }
    }
}

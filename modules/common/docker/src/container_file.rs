//! Files in containers: `HEAD`, `GET` and `PUT /containers/{id}/archive`.
//!
//! The engine gives and takes them as tar archives of one entry.

use std::io::{self, Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Method;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};
use tokio::sync::mpsc;

use crate::sha256::letters;
use crate::upload::Upload;
use crate::{Engine, Error, encode};

/// What is at a path, as the engine tells it without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PathStat {
    /// Bytes.
    #[serde(default)]
    pub size: u64,
    /// Go's `fs.FileMode`, whose high bits are not those of stat(2).
    #[serde(default)]
    mode: u32,
    /// What a link points to, as a path in the container; empty for others.
    #[serde(default, rename = "linkTarget")]
    pub link_target: String,
}

impl PathStat {
    /// Whether it is a directory.
    pub fn is_directory(&self) -> bool {
        self.mode & 1 << 31 != 0
    }

    /// Whether it is a symbolic link.
    pub fn is_link(&self) -> bool {
        self.mode & 1 << 27 != 0
    }
}

/// A file, a link, or something else that is no directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// The permission bits, those of set-uid and the like among them.
    pub mode: u32,
    /// The owner's number.
    pub uid: u64,
    /// The group's number.
    pub gid: u64,
}

/// What an [`Entry`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File {
        /// Bytes.
        size: u64,
        /// Of its content.
        sha256: String,
        /// How the content begins: as much of it as was asked for.
        start: Vec<u8>,
    },
    /// A symbolic link.
    Link {
        /// What it points to, as it was made.
        target: String,
    },
    /// A device, a FIFO, a socket.
    Other,
}

impl EntryKind {
    /// A regular file with the content that `reader` gives, and up to `start` bytes of it.
    ///
    /// # Errors
    /// It can't be read.
    pub fn file(mut reader: impl Read, start: usize) -> io::Result<EntryKind> {
        let mut content = Vec::new();
        (&mut reader).take(start as u64).read_to_end(&mut content)?;
        let mut hash = Sha256::new_with_prefix(&content);
        let rest = io::copy(&mut reader, &mut Hashing(&mut hash))?;
        let size = content.len() as u64 + rest;
        Ok(EntryKind::File { size, sha256: letters(&hash.finalize()), start: content })
    }
}

/// What is put into a container.
#[derive(Debug)]
pub enum Content<R> {
    /// A regular file of so many bytes.
    File {
        /// Gives the bytes.
        reader: R,
        /// How many.
        size: u64,
    },
    /// A symbolic link.
    Link {
        /// What it points to.
        target: String,
    },
}

impl Engine {
    /// What is at `path`; `None` when there is nothing, or no such container.
    ///
    /// # Errors
    /// The engine can't be reached, or a part of the path is no directory.
    pub async fn stat_in_container(&self, container: &str, path: &str) -> Result<Option<PathStat>, Error> {
        let route = archive(container);
        let what = format!("HEAD {route}");
        let target = format!("{}{}", encode::path(&route), encode::query(&[("path", path)]));
        let (head, _) = self.link().exchange(Method::HEAD, &target, Bytes::new()).await?;
        if head.status().as_u16() == 404 {
            return Ok(None);
        }
        if !head.status().is_success() {
            // The answer to HEAD has no words.
            let endpoint = self.link().endpoint().to_string();
            return Err(Error::from_answer(&endpoint, head.status().as_u16(), ""));
        }
        let unexpected = |reason: String| Error::Unexpected { what: what.clone(), reason };
        let header = head.headers().get("X-Docker-Container-Path-Stat");
        let header = header.ok_or_else(|| unexpected("it has no X-Docker-Container-Path-Stat".to_owned()))?;
        let json = STANDARD.decode(header.as_bytes()).map_err(|error| unexpected(error.to_string()))?;
        serde_json::from_slice(&json).map(Some).map_err(|error| unexpected(error.to_string()))
    }

    /// Reads what is at `path`, links not followed: up to `start` bytes of its content, and a checksum of all. It must
    /// not be a directory: the engine would send all that is in it.
    ///
    /// # Errors
    /// The engine can't be reached, or refuses.
    pub async fn read_from_container(&self, container: &str, path: &str, start: usize) -> Result<Option<Entry>, Error> {
        let route = archive(container);
        let answer = self.send(Method::GET, &route, &[("path", path)], &[], Full::<Bytes>::default()).await;
        let mut body = match answer {
            Ok(body) => body,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let what = format!("GET {route}");
        let (sender, chunks) = mpsc::channel(4);
        let reading = tokio::task::spawn_blocking(move || entry(Download { chunks, left: Bytes::new() }, start));
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| self.link().broken(&what, &error))?;
            if let Ok(data) = frame.into_data()
                && sender.send(data).await.is_err()
            {
                // The entry is read; what follows is padding.
                break;
            }
        }
        drop(sender);
        let entry = reading.await.map_err(io::Error::other).and_then(|entry| entry);
        entry.map(Some).map_err(|error| Error::Unexpected { what, reason: error.to_string() })
    }

    /// Puts a file or a link to `folder` under `name`, in place of what is there, be it a directory.
    ///
    /// # Errors
    /// The content can't be read, the engine can't be reached, or there is no such folder.
    pub async fn write_to_container<R: Read + Send + 'static>(
        &self,
        container: &str,
        (folder, name): (&str, &str),
        (mode, uid, gid): (u32, u64, u64),
        content: Content<R>,
    ) -> Result<(), Error> {
        let route = archive(container);
        let headers = [("Content-Type", "application/x-tar".to_owned())];
        let mut header = Header::new_gnu();
        header.set_mode(mode);
        header.set_uid(uid);
        header.set_gid(gid);
        let name = name.to_owned();
        let (upload, why_broken) = Upload::start(move |out| pack(out, header, &name, content));
        match self.send(Method::PUT, &route, &[("path", folder)], &headers, upload).await {
            Ok(mut answer) => self.read(&format!("PUT {route}"), &mut answer).await.map(drop),
            Err(error) => Err(why_broken.take().map_or(error, |reason| Error::Failed { message: reason.to_string() })),
        }
    }
}

fn archive(container: &str) -> String {
    format!("/containers/{container}/archive")
}

/// An archive of one entry.
fn pack<R: Read>(out: &mut dyn Write, mut header: Header, name: &str, content: Content<R>) -> io::Result<()> {
    let mut archive = Builder::new(out);
    match content {
        Content::File { reader, size } => {
            header.set_size(size);
            header.set_entry_type(EntryType::Regular);
            let mut exactly = Exactly { reader, left: size };
            archive.append_data(&mut header, name, &mut exactly)?;
        }
        Content::Link { target } => {
            header.set_size(0);
            header.set_entry_type(EntryType::Symlink);
            archive.append_link(&mut header, name, target)?;
        }
    }
    archive.finish()
}

/// Reads so many bytes, and fails when there are fewer. What has been added meanwhile is left out.
struct Exactly<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.reader.read(&mut buffer[..most])?;
        if read == 0 && most > 0 {
            return Err(io::Error::other("the file became shorter while it was read"));
        }
        self.left -= read as u64;
        Ok(read)
    }
}

/// The archive's one entry.
fn entry(archive: Download, start: usize) -> io::Result<Entry> {
    let mut archive = tar::Archive::new(archive);
    let mut entry = archive.entries()?.next().ok_or_else(|| io::Error::other("the archive is empty"))??;
    let header = entry.header();
    let (mode, uid, gid, kind) = (header.mode()? & 0o7777, header.uid()?, header.gid()?, header.entry_type());
    let kind = match kind {
        EntryType::Regular | EntryType::Continuous => EntryKind::file(&mut entry, start)?,
        EntryType::Symlink => {
            let target = entry.link_name_bytes().unwrap_or_default();
            EntryKind::Link { target: String::from_utf8_lossy(&target).into_owned() }
        }
        _ => EntryKind::Other,
    };
    Ok(Entry { kind, mode, uid, gid })
}

struct Hashing<'h>(&'h mut Sha256);

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An answer that another thread reads.
struct Download {
    chunks: mpsc::Receiver<Bytes>,
    left: Bytes,
}

impl Read for Download {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.left = chunk,
                None => return Ok(0),
            }
        }
        let read = self.left.len().min(buffer.len());
        buffer[..read].copy_from_slice(&self.left.split_to(read));
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(content: Content<&[u8]>, start: usize) -> Entry {
        let mut header = Header::new_gnu();
        header.set_mode(0o4755);
        header.set_uid(12);
        header.set_gid(910);
        let mut bytes = Vec::new();
        pack(&mut bytes, header, &"n".repeat(150), content).unwrap();
        let (sender, chunks) = mpsc::channel(4);
        sender.try_send(bytes.into()).unwrap();
        drop(sender);
        entry(Download { chunks, left: Bytes::new() }, start).unwrap()
    }

    #[test]
    fn a_file_and_a_link_come_back_as_they_went() {
        let sha256 = crate::sha256::hexadecimal(b"hello");
        let file = EntryKind::File { size: 5, sha256, start: b"he".to_vec() };
        let sent = Content::File { reader: &b"hello"[..], size: 5 };
        assert_eq!(round_trip(sent, 2), Entry { kind: file, mode: 0o4755, uid: 12, gid: 910 });
        let target = "/far/".repeat(40);
        let link = EntryKind::Link { target: target.clone() };
        assert_eq!(round_trip(Content::Link { target }, 2).kind, link);
    }

    #[test]
    fn a_file_that_became_shorter_is_refused_and_one_that_grew_is_cut() {
        let packed =
            |size| pack(&mut io::sink(), Header::new_gnu(), "n", Content::File { reader: &b"hello"[..], size });
        assert!(packed(6).unwrap_err().to_string().contains("shorter"));
        packed(4).unwrap();
    }
}

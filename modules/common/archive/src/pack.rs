//! Writes an archive: walks the tree, and streams it through zstd to where it is kept.

use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use serde::Serialize;
use serde_json::Value;

use crate::digest::{Digest, Watched};
use crate::error::{Error, Result, shown};
use crate::header::{self, Header};
use crate::manifest::{HEAD, Head, LONGEST_LINE, SUMS, TREE, Tally};
use crate::node::{Kind, Meta, Node, Segment};
use crate::seal::{Recipient, Sealing};
use crate::walk::{Found, Walk};

/// How an archive is made.
#[derive(Debug, Clone)]
pub struct Packing {
    /// zstd's level, 1 to 19.
    pub level: i32,
    /// How many threads compress.
    pub threads: u32,
    /// For whom it is encrypted; nobody: it is not.
    pub recipients: Vec<Recipient>,
    /// What the archive says of itself: [`crate::about`] gives it back.
    pub about: Value,
}

/// What was packed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Packed {
    /// Nodes of every kind.
    pub entries: u64,
    /// Regular files, each once however many names it has.
    pub files: u64,
    /// The files' lengths, holes among them.
    pub bytes: u64,
    /// The archive's length.
    pub stored: u64,
    /// The archive's SHA-256.
    pub sha256: String,
    /// Sockets, which no archive holds.
    pub sockets: u64,
    /// Files that changed while they were read, or went before; the first of them, by their paths.
    pub unsteady: Vec<String>,
    /// How many those are in all.
    pub unsteady_count: u64,
}

/// That many paths are told of a kind; their number always.
pub(crate) const MOST_TOLD: usize = 100;
/// How much is read at once, and handed to the writing thread at once.
const PIECE: usize = 256 << 10;

/// Packs the tree at `root` into `sink`, and gives the sink back, flushed but not synced.
///
/// The tree is read and compressed here and in `threads` threads; digests of the archive and writing are a further
/// thread's.
///
/// # Errors
/// Something can't be read or written. What has been written by then is no whole archive, and is taken for none.
pub fn pack<Sink: Write + Send>(root: OwnedFd, packing: &Packing, sink: Sink) -> Result<(Packed, Sink)> {
    let (sender, receiver) = sync_channel(8);
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || write_pieces(receiver, sink, &packing.recipients));
        let packed = compress(root, packing, sender);
        // Where the sink refuses, the other side only learns that nobody takes the pieces: so this one first.
        let Watched { inner, digest, bytes } = match writer.join() {
            Ok(written) => written?,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let packed = packed?;
        Ok((Packed { stored: bytes, sha256: digest.finish(), ..packed }, inner))
    })
}

fn write_pieces<Sink: Write>(pieces: Receiver<Vec<u8>>, sink: Sink, recipients: &[Recipient]) -> Result<Watched<Sink>> {
    let failed = || Error::io("writing the archive");
    let mut sealing = Sealing::new(Watched::new(sink), recipients)?;
    for piece in pieces {
        sealing.write_all(&piece).map_err(failed())?;
    }
    let mut sink = sealing.finish().map_err(failed())?;
    sink.flush().map_err(failed())?;
    Ok(sink)
}

/// Hands what is written to it to the writing thread.
struct Pieces {
    sender: SyncSender<Vec<u8>>,
    piece: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE * 2));
        if piece.is_empty() {
            return Ok(());
        }
        self.sender.send(piece).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

fn compress(root: OwnedFd, packing: &Packing, sender: SyncSender<Vec<u8>>) -> Result<Packed> {
    let failed = || Error::io("compressing");
    let pieces = Pieces { sender, piece: Vec::new() };
    let mut encoder = zstd::Encoder::new(pieces, packing.level).map_err(failed())?;
    encoder.include_checksum(true).map_err(failed())?;
    encoder.multithread(packing.threads).map_err(failed())?;
    let mut tree = Tree { output: encoder, tally: Tally::default(), packed: Packed::default(), buffer: vec![0; PIECE] };
    tree.pack(root, &packing.about)?;
    let Tree { output, packed, .. } = tree;
    let mut pieces = output.finish().map_err(failed())?;
    pieces.flush().map_err(failed())?;
    Ok(packed)
}

struct Tree<Output> {
    output: Output,
    tally: Tally,
    packed: Packed,
    buffer: Vec<u8>,
}

impl<Output: Write> Tree<Output> {
    fn pack(&mut self, root: OwnedFd, about: &Value) -> Result<()> {
        self.text(HEAD, &json(&Head::new(about))?)?;
        let mut walk = Walk::new(root);
        while let Some(found) = walk.next()? {
            match found {
                Found::Node(node, file) => self.node(&node, file)?,
                Found::Socket => self.packed.sockets += 1,
                Found::Vanished(path) => self.unsteady(&path),
            }
            if let Some((name, list)) = self.tally.full_list() {
                self.text(&name, &list)?;
            }
        }
        let (name, list) = self.tally.next_list();
        self.text(&name, &list)?;
        let sums = std::mem::take(&mut self.tally).sums();
        (self.packed.entries, self.packed.files, self.packed.bytes) = (sums.entries, sums.files, sums.bytes);
        self.text(SUMS, &json(&sums)?)?;
        self.write(&[0; 2 * header::BLOCK])
    }

    fn unsteady(&mut self, path: &[u8]) {
        self.packed.unsteady_count += 1;
        if self.packed.unsteady.len() < MOST_TOLD {
            self.packed.unsteady.push(shown(path));
        }
    }

    fn node(&mut self, node: &Node, file: Option<OwnedFd>) -> Result<()> {
        if node.path.len() > LONGEST_LINE {
            return Err(Error::Refused(format!("a path of {} bytes", node.path.len())));
        }
        self.tally.entries += 1;
        let name = if node.path.is_empty() { TREE.to_vec() } else { [TREE, b"/", &node.path].concat() };
        let mut header = Header { name, meta: node.meta.clone(), ..Header::default() };
        match &node.kind {
            Kind::Directory => {
                header.kind = b'5';
                header.name.push(b'/');
            }
            Kind::HardLink(first) => {
                header.kind = b'1';
                header.link = [TREE, b"/", first].concat();
            }
            Kind::Symlink(text) => {
                header.kind = b'2';
                header.link.clone_from(text);
            }
            Kind::Character(major, minor) => (header.kind, header.device) = (b'3', (*major, *minor)),
            Kind::Block(major, minor) => (header.kind, header.device) = (b'4', (*major, *minor)),
            Kind::Fifo => header.kind = b'6',
            Kind::File { size, segments } => return self.file(header, node, *size, segments.as_deref(), file),
        }
        self.header(&header)
    }

    fn file(
        &mut self,
        mut header: Header,
        node: &Node,
        size: u64,
        segments: Option<&[Segment]>,
        file: Option<OwnedFd>,
    ) -> Result<()> {
        header.kind = b'0';
        let mut digest = Digest::default();
        let whole = [Segment { offset: 0, length: size }];
        let mut map = Vec::new();
        if let Some(segments) = segments {
            header.real_size = Some(size);
            map = map_of(segments, size);
        }
        let parts = segments.unwrap_or(&whole);
        header.stored = map.len() as u64 + parts.iter().map(|part| part.length).sum::<u64>();
        self.header(&header)?;
        digest.update(&map);
        self.write(&map)?;
        let mut steady = true;
        if let Some(file) = &file {
            for part in parts {
                steady &= self.part(file, &node.path, *part, &mut digest)?;
            }
            steady &= rustix::fs::fstat(file).is_ok_and(|stat| {
                let modified = (stat.st_mtime, u32::try_from(stat.st_mtime_nsec).unwrap_or_default());
                u64::try_from(stat.st_size) == Ok(size)
                    && modified == (node.meta.modified.seconds, node.meta.modified.nanoseconds)
            });
        }
        self.padding(header.stored)?;
        if !steady {
            self.unsteady(&node.path);
        }
        self.tally.file(&node.path, segments.is_some(), size, digest);
        Ok(())
    }

    /// A part of a file; zeros for what is gone of it meanwhile. Whether all was there.
    fn part(&mut self, file: &OwnedFd, path: &[u8], part: Segment, digest: &mut Digest) -> Result<bool> {
        let (mut at, mut left, mut steady) = (part.offset, part.length, true);
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            let read = match steady {
                true => rustix::io::pread(file, &mut self.buffer[..most], at).map_err(Error::at("reading", path))?,
                false => 0,
            };
            let length = if read == 0 { most } else { read };
            if read == 0 {
                steady = false;
                self.buffer[..most].fill(0);
            }
            digest.update(&self.buffer[..length]);
            self.output.write_all(&self.buffer[..length]).map_err(Error::io("compressing"))?;
            (at, left) = (at + length as u64, left - length as u64);
        }
        Ok(steady)
    }

    /// An entry of ours, beside the tree.
    fn text(&mut self, name: &[u8], text: &[u8]) -> Result<()> {
        let meta = Meta { mode: 0o644, ..Meta::default() };
        let header = Header { name: name.to_vec(), kind: b'0', meta, stored: text.len() as u64, ..Header::default() };
        self.write(&header.encode())?;
        self.write(text)?;
        self.padding(text.len() as u64)
    }

    fn header(&mut self, header: &Header) -> Result<()> {
        let raw = header.encode();
        self.tally.headers.update(&raw);
        self.write(&raw)
    }

    fn padding(&mut self, size: u64) -> Result<()> {
        let missing = header::padded(size) - size;
        self.write(&[0; header::BLOCK][..usize::try_from(missing).unwrap_or_default()])
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.output.write_all(bytes).map_err(Error::io("compressing"))
    }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Error::io("writing what the archive says of itself")(error.into()))
}

/// The map before a sparse file's parts: how many there are, then where each begins and how long it is, a number a
/// line. A part of no bytes at the end tells where the file ends.
pub(crate) fn map_of(segments: &[Segment], size: u64) -> Vec<u8> {
    let ends = segments.last().is_none_or(|last| last.offset + last.length < size);
    let end = ends.then_some(Segment { offset: size, length: 0 });
    let all = segments.iter().copied().chain(end);
    let mut map = format!("{}\n", segments.len() + usize::from(ends));
    for part in all {
        map.push_str(&format!("{}\n{}\n", part.offset, part.length));
    }
    let mut map = map.into_bytes();
    header::pad(&mut map);
    map
}

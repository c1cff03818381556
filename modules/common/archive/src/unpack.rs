//! Reads an archive from its beginning to its end, checks every sum, and hands each node to a visitor.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use serde::Serialize;
use serde_json::Value;

use crate::digest::{Digest, Watched};
use crate::error::{Error, Result, shown};
use crate::header::{self, BLOCK, Header};
use crate::manifest::{HEAD, Head, LIST, LONGEST_LINE, SUMS, Sums, TREE, Tally};
use crate::node::{Kind, Node, Segment, is_component};
use crate::seal::{Identity, Opened};

/// Who is shown the tree: each directory before what is in it, and each node by its own name only, which leads nowhere
/// else. What it is shown has been checked for its form, but its sums only when all has been read.
pub(crate) trait Visit {
    /// A directory, in which the next nodes are until [`Visit::leave`]; the root's name is empty.
    fn enter(&mut self, node: &Node, name: &[u8]) -> Result<()>;
    /// The directory entered last ends.
    fn leave(&mut self) -> Result<()>;
    /// A file: its content follows by `content`.
    fn file(&mut self, node: &Node, name: &[u8], size: u64, content: &mut Content<'_>) -> Result<()>;
    /// A node of another kind.
    fn other(&mut self, node: &Node, name: &[u8]) -> Result<()>;
}

/// What an archive was found to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Unpacked {
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
}

/// What is known of an archive before it is read.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// The SHA-256 of the whole, as it lies there.
    pub sha256: Option<String>,
    /// The keys, one of which opens it, where it is encrypted; none where it is not.
    pub identities: Vec<Identity>,
}

impl From<Option<&str>> for Opening {
    fn from(sha256: Option<&str>) -> Self {
        Opening { sha256: sha256.map(str::to_owned), identities: Vec::new() }
    }
}

const PIECE: usize = 256 << 10;
/// More than any level up to 19 needs: 16 MB. A claim of more is refused.
const LARGEST_WINDOW_LOG: u32 = 24;

/// What the archive says of itself: reads no more than its beginning.
///
/// # Errors
/// It can't be read, or is none of ours.
pub fn about(source: impl Read, opening: impl Into<Opening>) -> Result<Value> {
    about_of(&mut decoder(Opened::new(source, &opening.into().identities)?)?)
}

/// Reads an archive to its end and checks every sum in it, and its own, where it is known.
///
/// Reading, its own sum and decompression are a thread's of their own.
///
/// # Errors
/// It can't be read, is damaged, or holds what none of ours does; and the visitor's.
pub(crate) fn unpack<Source: Read + Send>(
    source: Source,
    opening: &Opening,
    visit: &mut dyn Visit,
) -> Result<Unpacked> {
    let (sender, receiver) = sync_channel(8);
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || decompress(source, &opening.identities, &sender));
        let mut pieces = Pieces { receiver, piece: Vec::new(), at: 0, failed: None };
        let sums = tree(&mut pieces, visit);
        // What the reader met comes before what came of it here. It ends when nobody takes its pieces.
        let failed = pieces.failed.take();
        drop(pieces);
        let (stored, digest) = match reader.join() {
            Ok(whole) => whole,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let Sums { entries, files, bytes, .. } = match failed {
            Some(failed) => return Err(failed),
            None => sums?,
        };
        if let Some(wanted) = opening.sha256.as_ref().filter(|wanted| **wanted != digest) {
            return Err(Error::Damaged(format!("its SHA-256 is {digest}, and was {wanted} when it was made")));
        }
        Ok(Unpacked { entries, files, bytes, stored, sha256: digest })
    })
}

/// Hands over what `source` holds, piece by piece; its length and its sum, which mean something when all was taken.
fn decompress(source: impl Read, identities: &[Identity], sender: &SyncSender<Result<Vec<u8>>>) -> (u64, String) {
    let mut source = Watched::new(source);
    let all = || -> Result<()> {
        let mut decoder = decoder(Opened::new(&mut source, identities)?)?;
        loop {
            let mut piece = vec![0; PIECE];
            let mut length = 0;
            while length < PIECE {
                match decoder.read(&mut piece[length..]).map_err(Error::reading)? {
                    0 => break,
                    read => length += read,
                }
            }
            piece.truncate(length);
            if length == 0 || sender.send(Ok(piece)).is_err() {
                return Ok(());
            }
        }
    };
    let mut all = all;
    if let Err(error) = all() {
        // Nobody takes it where the other side has given up already.
        let _ = sender.send(Err(error));
    }
    (source.bytes, source.digest.finish())
}

fn decoder<'a, Source: Read>(source: Source) -> Result<zstd::Decoder<'a, io::BufReader<Source>>> {
    let mut decoder = zstd::Decoder::new(source).map_err(Error::reading)?;
    decoder.window_log_max(LARGEST_WINDOW_LOG).map_err(Error::reading)?;
    Ok(decoder)
}

/// Reads what the other thread hands over.
struct Pieces {
    receiver: Receiver<Result<Vec<u8>>>,
    piece: Vec<u8>,
    at: usize,
    /// Why there is no more.
    failed: Option<Error>,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            match self.receiver.recv() {
                Ok(Ok(piece)) => (self.piece, self.at) = (piece, 0),
                Ok(Err(error)) => {
                    self.failed = Some(error);
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                // It has come to the end.
                Err(_) => return Ok(0),
            }
        }
        let length = buffer.len().min(self.piece.len() - self.at);
        buffer[..length].copy_from_slice(&self.piece[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

fn tree(input: &mut impl Read, visit: &mut dyn Visit) -> Result<Sums> {
    let mut tally = Tally::default();
    about_of(input)?;
    let mut place = Place::default();
    loop {
        let (header, raw) = Header::read(input)?.ok_or_else(|| Error::Damaged("its sums are missing".to_owned()))?;
        if header.name == SUMS {
            place.leave_to(0, visit)?;
            if !tally.list.is_empty() {
                return Err(Error::Damaged("its last list is missing".to_owned()));
            }
            let told: Sums = json(&content(input, &header)?)?;
            let sums = tally.sums();
            return match told == sums {
                true => end(input).map(|()| sums),
                false => Err(Error::Damaged("it is not what its sums say".to_owned())),
            };
        }
        if header.name.starts_with(b"manifest/") {
            list(input, &header, &mut tally)?;
            continue;
        }
        tally.entries += 1;
        tally.headers.update(&raw);
        let node = node(&header, input)?;
        let name = place.step_to(&node, visit)?;
        if let Kind::File { size, segments } = &node.kind {
            let map = map_length(&header, segments.as_deref());
            let mut content = Content::new(input, header.stored - map, segments.clone(), *size);
            if let Some(segments) = segments {
                content.digest.update(&crate::pack::map_of(segments, *size));
            }
            visit.file(&node, &name, *size, &mut content)?;
            let digest = content.end(header.stored)?;
            tally.file(&node.path, segments.is_some(), *size, digest);
            if tally.list.len() > LIST + 8 * LONGEST_LINE {
                return Err(Error::Damaged("a list is missing".to_owned()));
            }
        } else if node.kind == Kind::Directory {
            visit.enter(&node, &name)?;
        } else {
            visit.other(&node, &name)?;
        }
    }
}

/// Where in the tree the archive is. It goes through the tree in depth; what comes out of order leads nowhere.
#[derive(Default)]
struct Place {
    path: Vec<u8>,
    /// For each directory that is open, how long the path is with it.
    open: Vec<usize>,
}

impl Place {
    /// Leaves the directories that `node` is not in. Its name in the one that is left.
    fn step_to(&mut self, node: &Node, visit: &mut dyn Visit) -> Result<Vec<u8>> {
        let refused = |why: &str| Error::Refused(format!("{why}: {}", shown(&node.path)));
        if node.path.is_empty() {
            if node.kind != Kind::Directory || !self.path.is_empty() || !self.open.is_empty() {
                return Err(refused("it has another root"));
            }
            self.open.push(0);
            return Ok(Vec::new());
        }
        let slash = node.path.iter().rposition(|byte| *byte == b'/');
        let (parent, name) = slash.map_or((&[][..], &node.path[..]), |at| (&node.path[..at], &node.path[at + 1..]));
        if !is_component(name) {
            return Err(refused("a path that leads elsewhere"));
        }
        let depth = self.open.iter().rposition(|end| self.path.get(..*end) == Some(parent));
        let depth = depth.ok_or_else(|| refused("a path whose directory is not before it"))?;
        self.leave_to(depth + 1, visit)?;
        self.path.truncate(parent.len());
        if node.kind == Kind::Directory {
            self.path.clone_from(&node.path);
            self.open.push(self.path.len());
        }
        Ok(name.to_vec())
    }

    fn leave_to(&mut self, depth: usize, visit: &mut dyn Visit) -> Result<()> {
        while self.open.len() > depth {
            self.open.pop();
            visit.leave()?;
        }
        Ok(())
    }
}

/// The node that a header tells of; of a sparse file the map is read.
fn node(header: &Header, input: &mut impl Read) -> Result<Node> {
    let refused = |why: &str| Error::Refused(format!("{why}: {}", String::from_utf8_lossy(&header.name)));
    let below = |name: &[u8]| -> Result<Vec<u8>> {
        match name.strip_prefix(TREE) {
            Some([]) => Ok(Vec::new()),
            Some([b'/', path @ ..]) if path.split(|byte| *byte == b'/').all(is_component) => Ok(path.to_vec()),
            _ => Err(refused("a path that leads out of it")),
        }
    };
    let name = match (header.kind, header.name.strip_suffix(b"/")) {
        (b'5', Some(name)) => name,
        (b'5', None) => return Err(refused("a directory that is named like a file")),
        _ => &header.name,
    };
    let path = below(name)?;
    if path.len() > LONGEST_LINE || header.meta.mode > 0o7777 || header.meta.xattrs.keys().any(|name| name.contains(&0))
    {
        return Err(refused("metadata that no node has"));
    }
    let kind = match header.kind {
        b'0' => match header.real_size {
            Some(size) => Kind::File { size, segments: Some(read_map(header.stored, size, input)?) },
            None => Kind::File { size: header.stored, segments: None },
        },
        b'1' => Kind::HardLink(below(&header.link)?),
        b'2' if !header.link.is_empty() && !header.link.contains(&0) => Kind::Symlink(header.link.clone()),
        b'3' => Kind::Character(header.device.0, header.device.1),
        b'4' => Kind::Block(header.device.0, header.device.1),
        b'5' => Kind::Directory,
        b'6' => Kind::Fifo,
        _ => return Err(refused("a kind that none of ours has")),
    };
    if (header.stored > 0 || header.real_size.is_some()) && !matches!(kind, Kind::File { .. }) {
        return Err(refused("content of what has none"));
    }
    let bare = path.is_empty() && kind != Kind::Directory;
    if bare || matches!(&kind, Kind::HardLink(first) if first.is_empty()) {
        return Err(refused("a root that is none"));
    }
    Ok(Node { path, kind, meta: header.meta.clone() })
}

fn map_length(header: &Header, segments: Option<&[Segment]>) -> u64 {
    let parts = segments.unwrap_or_default();
    if header.real_size.is_some() { header.stored - parts.iter().map(|part| part.length).sum::<u64>() } else { 0 }
}

/// Reads the map of a sparse file; see [`crate::pack::map_of`]. It is in order, within the file, and all that is stored
/// beside it are its parts.
fn read_map(stored: u64, size: u64, input: &mut impl Read) -> Result<Vec<Segment>> {
    let odd = || Error::Damaged("the map of a sparse file is none".to_owned());
    let mut raw = Vec::new();
    let mut at = 0;
    let mut number = |input: &mut dyn Read| -> Result<u64> {
        let mut value: u64 = 0;
        loop {
            if at == raw.len() {
                let mut block = [0; BLOCK];
                if raw.len() as u64 >= stored {
                    return Err(odd());
                }
                input.read_exact(&mut block).map_err(Error::reading)?;
                raw.extend_from_slice(&block);
            }
            let byte = raw[at];
            at += 1;
            match byte {
                b'\n' => return Ok(value),
                b'0'..=b'9' => {
                    let digit = u64::from(byte - b'0');
                    value = value.checked_mul(10).and_then(|value| value.checked_add(digit)).ok_or_else(odd)?;
                }
                _ => return Err(odd()),
            }
        }
    };
    let count = number(input)?;
    if count > crate::walk::MOST_SEGMENTS as u64 + 2 {
        return Err(Error::Refused(format!("a file in {count} parts")));
    }
    let (mut segments, mut last, mut sum) = (Vec::new(), 0_u64, 0_u64);
    for _ in 0..count {
        let segment = Segment { offset: number(input)?, length: number(input)? };
        let end = segment.offset.checked_add(segment.length).filter(|end| *end <= size);
        if segment.offset < last {
            return Err(odd());
        }
        (last, sum) = (end.ok_or_else(odd)?, sum + segment.length);
        segments.push(segment);
    }
    if segments.last().is_some_and(|last| last.length == 0 && last.offset == size) {
        segments.pop();
    }
    // One form for each map, and nothing stored that it does not tell of.
    if raw != crate::pack::map_of(&segments, size) || raw.len() as u64 + sum != stored {
        return Err(odd());
    }
    Ok(segments)
}

/// A file's content, part by part.
pub(crate) struct Content<'a> {
    input: &'a mut dyn Read,
    /// Stored bytes that have not been read.
    left: u64,
    segments: Vec<Segment>,
    digest: Digest,
    buffer: Vec<u8>,
}

impl<'a> Content<'a> {
    fn new(input: &'a mut dyn Read, left: u64, segments: Option<Vec<Segment>>, size: u64) -> Self {
        let mut segments = segments.unwrap_or_else(|| vec![Segment { offset: 0, length: size }]);
        segments.reverse();
        Content { input, left, segments, digest: Digest::default(), buffer: Vec::new() }
    }

    /// The next bytes, and where in the file they are; `None` at the end. What lies between is a hole.
    pub fn next(&mut self) -> Result<Option<(u64, &[u8])>> {
        while self.segments.last().is_some_and(|segment| segment.length == 0) {
            self.segments.pop();
        }
        let Some(segment) = self.segments.last_mut() else { return Ok(None) };
        let length = usize::try_from(segment.length).unwrap_or(PIECE).min(PIECE);
        self.buffer.resize(length, 0);
        self.input.read_exact(&mut self.buffer).map_err(Error::reading)?;
        self.digest.update(&self.buffer);
        let offset = segment.offset;
        (segment.offset, segment.length) = (offset + length as u64, segment.length - length as u64);
        self.left -= length as u64;
        Ok(Some((offset, &self.buffer)))
    }

    /// Reads what the visitor left, and the padding.
    fn end(mut self, stored: u64) -> Result<Digest> {
        while self.next()?.is_some() {}
        padding(self.input, stored)?;
        Ok(self.digest)
    }
}

fn padding(input: &mut dyn Read, stored: u64) -> Result<()> {
    let mut rest = [0; BLOCK];
    let length = usize::try_from(header::padded(stored) - stored).unwrap_or_default();
    input.read_exact(&mut rest[..length]).map_err(Error::reading)?;
    if rest.iter().any(|byte| *byte != 0) {
        return Err(Error::Damaged("something stands between its entries".to_owned()));
    }
    Ok(())
}

fn about_of(input: &mut impl Read) -> Result<Value> {
    let none = || Error::Refused("it is none that this module made".to_owned());
    let (header, _) = Header::read(input)?.filter(|(header, _)| header.name == HEAD).ok_or_else(none)?;
    let head: Head = json(&content(input, &header)?)?;
    head.about().map_err(|format| Error::Refused(format!("its format is {format}, made by a newer version")))
}

/// The whole content of an entry of ours.
fn content(input: &mut impl Read, header: &Header) -> Result<Vec<u8>> {
    const MOST: u64 = 2 * (LIST + 8 * LONGEST_LINE) as u64;
    if header.stored > MOST || header.kind != b'0' || header.real_size.is_some() {
        return Err(Error::Refused(format!("{} bytes of {}", header.stored, String::from_utf8_lossy(&header.name))));
    }
    let mut content = Vec::new();
    input.take(header.stored).read_to_end(&mut content).map_err(Error::reading)?;
    if content.len() as u64 != header.stored {
        return Err(Error::Damaged("its end is missing".to_owned()));
    }
    padding(input, header.stored)?;
    Ok(content)
}

fn json<T: serde::de::DeserializeOwned>(text: &[u8]) -> Result<T> {
    serde_json::from_slice(text).map_err(|error| Error::Damaged(format!("what it says of itself: {error}")))
}

/// Compares the list that the archive holds with what was read: the first file that differs is named.
fn list(input: &mut impl Read, header: &Header, tally: &mut Tally) -> Result<()> {
    let told = content(input, header)?;
    let (name, found) = tally.next_list();
    if header.name != name {
        return Err(Error::Damaged("its lists are not in order".to_owned()));
    }
    if told == found {
        return Ok(());
    }
    let lines = |list: &[u8]| list.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let differs = lines(&told).into_iter().zip(lines(&found)).find(|(told, found)| told != found);
    let line = differs.map(|(told, _)| shown(&told)).unwrap_or_default();
    Err(Error::Damaged(format!("a file is not what its SHA-256 says: {line}")))
}

/// The end: two empty blocks and nothing more.
fn end(input: &mut impl Read) -> Result<()> {
    let behind = || Error::Damaged("something stands behind its end".to_owned());
    if Header::read(input)?.is_some() {
        return Err(behind());
    }
    match input.read(&mut [0; 1]).map_err(Error::reading)? {
        0 => Ok(()),
        _ => Err(behind()),
    }
}

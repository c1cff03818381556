//! tar headers: an ustar block, led by pax records for what does not fit into it.
//!
//! Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"; GNU tar's manual, "PAX Format,
//! Version 1.0" of sparse files; `SCHILY.xattr.` as star, GNU tar and libarchive have it.

use std::collections::BTreeMap;
use std::io::Read;

use crate::error::{Error, Result};
use crate::node::{Meta, Time};

/// Everything in a tar file comes in blocks of so many bytes.
pub(crate) const BLOCK: usize = 512;
/// The most that the records of one node may take: xattrs are at most 64 kB each, and some systems bound their number
/// no further. Nothing is allocated for a claim, only for what comes.
const MOST_RECORDS: u64 = 16 << 20;

/// What stands before an entry's content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Header {
    pub name: Vec<u8>,
    /// ustar's type: `0` file, `1` hard link, `2` symbolic link, `3` and `4` devices, `5` directory, `6` pipe.
    pub kind: u8,
    pub link: Vec<u8>,
    pub meta: Meta,
    /// Bytes in the archive.
    pub stored: u64,
    pub device: (u32, u32),
    /// Of a sparse file: its length. A map of its parts is the beginning of what is stored.
    pub real_size: Option<u64>,
}

impl Header {
    /// The blocks of this header. There is one form for each header; [`Header::read`] takes no other.
    pub fn encode(&self) -> Vec<u8> {
        let mut records = Vec::new();
        if self.name.len() > 100 && self.real_size.is_none() {
            record(&mut records, b"path", &self.name);
        }
        if self.link.len() > 100 {
            record(&mut records, b"linkpath", &self.link);
        }
        if self.stored > octal_limit(12) {
            record(&mut records, b"size", self.stored.to_string().as_bytes());
        }
        for (key, id) in [(b"uid", self.meta.uid), (b"gid", self.meta.gid)] {
            if u64::from(id) > octal_limit(8) {
                record(&mut records, key, id.to_string().as_bytes());
            }
        }
        if short_time(self.meta.modified).is_none() {
            record(&mut records, b"mtime", time_text(self.meta.modified).as_bytes());
        }
        for (name, value) in &self.meta.xattrs {
            record(&mut records, &[XATTR, &escaped(name)].concat(), value);
        }
        if let Some(size) = self.real_size {
            record(&mut records, b"GNU.sparse.major", b"1");
            record(&mut records, b"GNU.sparse.minor", b"0");
            record(&mut records, b"GNU.sparse.name", &self.name);
            record(&mut records, b"GNU.sparse.realsize", size.to_string().as_bytes());
        }
        let mut blocks = Vec::new();
        if !records.is_empty() {
            let led = Header {
                name: b"PaxHeaders/node".to_vec(),
                kind: b'x',
                meta: Meta { mode: 0o644, ..Meta::default() },
                stored: records.len() as u64,
                ..Header::default()
            };
            blocks.extend_from_slice(&led.block());
            blocks.extend_from_slice(&records);
            pad(&mut blocks);
        }
        blocks.extend_from_slice(&self.block());
        blocks
    }

    fn block(&self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        let mut put = |at: usize, most: usize, bytes: &[u8]| {
            let length = bytes.len().min(most);
            block[at..at + length].copy_from_slice(&bytes[..length]);
        };
        match self.real_size {
            // Where a tar that knows no sparse files puts the map and the parts.
            Some(_) => put(0, 100, b"GNUSparseFile.0/node"),
            None => put(0, 100, &self.name),
        }
        let mut number = |at: usize, width: usize, value: u64| {
            let value = if value > octal_limit(width) { 0 } else { value };
            put(at, width, format!("{value:0digits$o}\0", digits = width - 1).as_bytes());
        };
        number(100, 8, self.meta.mode.into());
        number(108, 8, self.meta.uid.into());
        number(116, 8, self.meta.gid.into());
        number(124, 12, self.stored);
        number(136, 12, short_time(self.meta.modified).unwrap_or_default());
        number(329, 8, self.device.0.into());
        number(337, 8, self.device.1.into());
        put(156, 1, &[self.kind]);
        put(157, 100, &self.link);
        put(257, 8, b"ustar\x0000");
        put(148, 8, b"        ");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block
    }

    /// Reads the next header and gives it with its bytes; `None` at the end of the archive.
    pub fn read(input: &mut impl Read) -> Result<Option<(Header, Vec<u8>)>> {
        let mut raw = block(input)?;
        if raw.iter().all(|byte| *byte == 0) {
            return match block(input)?.iter().all(|byte| *byte == 0) {
                true => Ok(None),
                false => Err(Error::Damaged("something stands behind its end".to_owned())),
            };
        }
        let mut records = BTreeMap::new();
        if raw[156] == b'x' {
            let size = field(&raw, 124, 12)?;
            if size > MOST_RECORDS {
                return Err(Error::Refused(format!("a node with {size} bytes of metadata")));
            }
            let mut body = Vec::new();
            input.take(padded(size)).read_to_end(&mut body).map_err(Error::reading)?;
            if body.len() as u64 != padded(size) {
                return Err(Error::Damaged("its end is missing".to_owned()));
            }
            // Below the limit, and so far below any usize.
            records = split_records(&body[..size as usize])?;
            raw.extend_from_slice(&body);
            raw.extend_from_slice(&block(input)?);
        }
        let header = Header::decode(&raw[raw.len() - BLOCK..], records)?;
        // One form for each header: what is doubled, unknown or written otherwise is none of ours.
        if header.encode() != raw {
            return Err(Error::Damaged(format!("the header of {}", String::from_utf8_lossy(&header.name))));
        }
        Ok(Some((header, raw)))
    }

    fn decode(block: &[u8], mut records: BTreeMap<Vec<u8>, Vec<u8>>) -> Result<Header> {
        let mut number = |key: &[u8], at: usize, width: usize| match records.remove(key) {
            Some(text) => decimal(&text),
            None => field(block, at, width),
        };
        let stored = number(b"size", 124, 12)?;
        let narrow = |number: u64| u32::try_from(number).map_err(|_| odd("a number"));
        let (uid, gid) = (narrow(number(b"uid", 108, 8)?)?, narrow(number(b"gid", 116, 8)?)?);
        let mode = narrow(field(block, 100, 8)?)?;
        let device = (narrow(field(block, 329, 8)?)?, narrow(field(block, 337, 8)?)?);
        let real_size = records.remove(b"GNU.sparse.realsize".as_slice()).map(|text| decimal(&text)).transpose()?;
        let modified = match records.remove(b"mtime".as_slice()) {
            Some(text) => time_of(&text)?,
            None => Time { seconds: field(block, 136, 12)? as i64, nanoseconds: 0 },
        };
        let mut text = |key: &[u8], at: usize| {
            let short = || block[at..at + 100].split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
            records.remove(key).unwrap_or_else(short)
        };
        let link = text(b"linkpath", 157);
        let name = if real_size.is_some() { text(b"GNU.sparse.name", 0) } else { text(b"path", 0) };
        let xattrs = records.into_iter().filter_map(|(key, value)| Some((plain(key.strip_prefix(XATTR)?), value)));
        let meta = Meta { mode, uid, gid, modified, xattrs: xattrs.collect() };
        Ok(Header { name, kind: block[156], link, meta, stored, device, real_size })
    }
}

const XATTR: &[u8] = b"SCHILY.xattr.";

/// The number of bytes that `size` bytes take in blocks.
pub(crate) fn padded(size: u64) -> u64 {
    size.div_ceil(BLOCK as u64).saturating_mul(BLOCK as u64)
}

/// Fills up the last block.
pub(crate) fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
}

fn block(input: &mut impl Read) -> Result<Vec<u8>> {
    let mut block = vec![0; BLOCK];
    input.read_exact(&mut block).map_err(Error::reading)?;
    Ok(block)
}

fn odd(what: &str) -> Error {
    Error::Damaged(format!("{what} in a header is none"))
}

/// The largest number in an octal field of `width` bytes, the last of which is a NUL.
fn octal_limit(width: usize) -> u64 {
    (1 << (3 * (width - 1))) - 1
}

fn field(block: &[u8], at: usize, width: usize) -> Result<u64> {
    let text = std::str::from_utf8(&block[at..at + width - 1]).map_err(|_| odd("a number"))?;
    u64::from_str_radix(text, 8).map_err(|_| odd("a number"))
}

fn decimal(text: &[u8]) -> Result<u64> {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or_else(|| odd("a number"))
}

/// `LENGTH key=value\n`, where the length counts itself.
fn record(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    records.extend_from_slice(length.to_string().as_bytes());
    for part in [b" ", key, b"=", value, b"\n"] {
        records.extend_from_slice(part);
    }
}

fn split_records(mut bytes: &[u8]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    let mut records = BTreeMap::new();
    while !bytes.is_empty() {
        let space = bytes.iter().take(9).position(|byte| *byte == b' ').ok_or_else(|| odd("a record"))?;
        let length = usize::try_from(decimal(&bytes[..space])?).map_err(|_| odd("a record"))?;
        let record = bytes.get(space + 1..length).and_then(|record| record.strip_suffix(b"\n"));
        let record = record.ok_or_else(|| odd("a record"))?;
        let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(|| odd("a record"))?;
        records.insert(record[..equals].to_vec(), record[equals + 1..].to_vec());
        bytes = &bytes[length..];
    }
    Ok(records)
}

/// A key ends at its first `=`; GNU tar escapes names of xattrs so.
fn escaped(name: &[u8]) -> Vec<u8> {
    let escape = |byte: &u8| match byte {
        b'%' => b"%25".to_vec(),
        b'=' => b"%3D".to_vec(),
        byte => vec![*byte],
    };
    name.iter().flat_map(escape).collect()
}

fn plain(mut name: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    while let Some((first, rest)) = name.split_first() {
        let (byte, rest) = match (first, rest) {
            (b'%', [b'2', b'5', rest @ ..]) => (b'%', rest),
            (b'%', [b'3', b'D', rest @ ..]) => (b'=', rest),
            (byte, rest) => (*byte, rest),
        };
        plain.push(byte);
        name = rest;
    }
    plain
}

/// The time as the block has it, where it fits.
fn short_time(time: Time) -> Option<u64> {
    u64::try_from(time.seconds).ok().filter(|seconds| time.nanoseconds == 0 && *seconds <= octal_limit(12))
}

fn time_text(Time { seconds, nanoseconds }: Time) -> String {
    match (seconds, nanoseconds) {
        (seconds, 0) => seconds.to_string(),
        // 0.25 s after -2 is -1.75.
        (..0, after) => format!("-{}.{:09}", -(seconds + 1), 1_000_000_000 - after),
        (seconds, after) => format!("{seconds}.{after:09}"),
    }
}

fn time_of(text: &[u8]) -> Result<Time> {
    let none = || odd("a time");
    let text = std::str::from_utf8(text).map_err(|_| none())?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let fraction: u32 = fraction.parse().ok().filter(|part| *part < 1_000_000_000).ok_or_else(none)?;
    let seconds: i64 = whole.parse().map_err(|_| none())?;
    Ok(match (whole.starts_with('-'), fraction) {
        (true, 1..) => {
            Time { seconds: seconds.checked_sub(1).ok_or_else(none)?, nanoseconds: 1_000_000_000 - fraction }
        }
        (_, nanoseconds) => Time { seconds, nanoseconds },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers() -> impl Strategy<Value = Header> {
        let name = || prop::collection::vec(1..=255_u8, 1..300);
        let meta = (0..0o10000_u32, any::<u32>(), any::<u32>(), any::<i64>(), 0..1_000_000_000_u32);
        let xattrs = prop::collection::btree_map(name(), prop::collection::vec(any::<u8>(), 0..2000), 0..4);
        (name(), name(), meta, xattrs, any::<u64>(), (0..4096_u32, 0..1_048_576_u32), prop::option::of(any::<u64>()))
            .prop_map(|(name, link, (mode, uid, gid, seconds, nanoseconds), xattrs, stored, device, real_size)| {
                let meta = Meta { mode, uid, gid, modified: Time { seconds, nanoseconds }, xattrs };
                Header { name, kind: b'0', link, meta, stored, device, real_size }
            })
    }

    proptest! {
        #[test]
        fn a_header_is_read_as_it_was_written(header in headers()) {
            let bytes = header.encode();
            let (read, raw) = Header::read(&mut bytes.as_slice()).unwrap().unwrap();
            prop_assert_eq!(read, header);
            prop_assert_eq!(raw, bytes);
        }

        #[test]
        fn a_header_with_another_byte_is_no_header(header in headers(), at: prop::sample::Index, by in 1..=255_u8) {
            let mut bytes = header.encode();
            let at = at.index(bytes.len());
            bytes[at] ^= by;
            // Another name or another value may stand in a record: those the digest of all headers finds.
            if let Ok(Some((read, raw))) = Header::read(&mut bytes.as_slice()) {
                prop_assert_ne!(read, header);
                prop_assert_eq!(raw, bytes);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..3000), kind: bool) {
            let mut bytes = bytes;
            if let (Some(byte), true) = (bytes.get_mut(156), kind) {
                *byte = b'x';
            }
            let _ = Header::read(&mut bytes.as_slice());
        }
    }

    #[test]
    fn times_before_1970_keep_their_nanoseconds() {
        for (seconds, nanoseconds, text) in
            [(-2, 250_000_000, "-1.750000000"), (-1, 999_999_999, "-0.000000001"), (0, 5, "0.000000005"), (-3, 0, "-3")]
        {
            let time = Time { seconds, nanoseconds };
            assert_eq!(time_text(time), text);
            assert_eq!(time_of(text.as_bytes()).unwrap(), time);
        }
    }
}

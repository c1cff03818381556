//! What an archive says of itself: the head at its beginning, lists of SHA-256 in between, and sums at its end.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::Digest;

/// The first entry.
pub(crate) const HEAD: &[u8] = b"backup.json";
/// The tree's root. What stands below it is the tree.
pub(crate) const TREE: &[u8] = b"data";
/// The last entry.
pub(crate) const SUMS: &[u8] = b"manifest/sums.json";
/// A list is written when it has grown to this: so neither side holds more, however many files there are.
pub(crate) const LIST: usize = 1 << 20;
/// The largest line of a list: a path and its digest. The system bounds paths by depth only.
pub(crate) const LONGEST_LINE: usize = 1 << 20;

/// The form that is written, and read.
const FORMAT: u32 = 1;

/// The first entry's content.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    format: u32,
    about: Value,
}

impl Head {
    pub fn new(about: &Value) -> Head {
        Head { format: FORMAT, about: about.clone() }
    }

    /// What the maker said; or the format, where it is another.
    pub fn about(self) -> Result<Value, u32> {
        if self.format == FORMAT { Ok(self.about) } else { Err(self.format) }
    }
}

/// The last entry's content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sums {
    /// Nodes, of every kind.
    pub entries: u64,
    /// Regular files, each once however many names it has.
    pub files: u64,
    /// The files' lengths, holes among them.
    pub bytes: u64,
    /// Of all headers in the tree, in order.
    pub headers_sha256: String,
    /// Of all lists, in order.
    pub lists_sha256: String,
}

/// What both sides add up on their way.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub entries: u64,
    pub files: u64,
    pub bytes: u64,
    pub headers: Digest,
    pub lists: Digest,
    /// The list that is under way.
    pub list: Vec<u8>,
    lists_done: u64,
}

impl Tally {
    /// Adds a file's digest. Sparse files are told apart: their digest is that of what the archive holds of them.
    pub fn file(&mut self, path: &[u8], sparse: bool, size: u64, digest: Digest) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(size);
        line(&mut self.list, path, sparse, &digest.finish());
    }

    /// The list that has grown full, and its name.
    pub fn full_list(&mut self) -> Option<(Vec<u8>, Vec<u8>)> {
        (self.list.len() >= LIST).then(|| self.next_list())
    }

    /// The list as it is, and its name.
    pub fn next_list(&mut self) -> (Vec<u8>, Vec<u8>) {
        self.lists_done += 1;
        let list = std::mem::take(&mut self.list);
        self.lists.update(&list);
        (format!("manifest/{:08}.sha256", self.lists_done).into_bytes(), list)
    }

    pub fn sums(self) -> Sums {
        Sums {
            entries: self.entries,
            files: self.files,
            bytes: self.bytes,
            headers_sha256: self.headers.finish(),
            lists_sha256: self.lists.finish(),
        }
    }
}

/// A line as `sha256sum` writes it, so that `sha256sum --check` reads it; of a sparse file one that it skips.
fn line(list: &mut Vec<u8>, path: &[u8], sparse: bool, digest: &str) {
    let escape = |byte: &u8| match byte {
        b'\n' => b"\\n".to_vec(),
        b'\r' => b"\\r".to_vec(),
        b'\\' => b"\\\\".to_vec(),
        byte => vec![*byte],
    };
    let name: Vec<u8> = path.iter().flat_map(escape).collect();
    let parts: [&[u8]; 7] = match (sparse, name.len() == path.len()) {
        (true, _) => [b"# sparse ", digest.as_bytes(), b"  ", TREE, b"/", &name, b"\n"],
        (false, true) => [b"", digest.as_bytes(), b"  ", TREE, b"/", &name, b"\n"],
        (false, false) => [b"\\", digest.as_bytes(), b"  ", TREE, b"/", &name, b"\n"],
    };
    list.extend(parts.concat());
}

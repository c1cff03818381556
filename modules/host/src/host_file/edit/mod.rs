//! Edits of a file's text: single lines, and blocks between markers.

pub mod block;
pub mod line;
pub mod pattern;

/// What an edit makes of a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Edited {
    /// The new text.
    pub text: Vec<u8>,
    /// What was done, in Ansible's words; empty when nothing was.
    pub msg: String,
    /// How many lines were removed; of a removal only.
    pub found: Option<usize>,
}

/// A text's lines, each with its end.
pub fn lines(text: &[u8]) -> Vec<Vec<u8>> {
    text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// A line without its end.
pub fn without_end(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n'));
    end.map_or(&[], |last| line.get(..=last).unwrap_or_default())
}

/// Where a new line goes when no line is there to be replaced.
#[derive(Clone, Debug)]
pub enum Place {
    /// Before the first line.
    Begin,
    /// After the last line.
    End,
    /// After the line that fits, or at the end.
    After(pattern::Pattern),
    /// Before the line that fits, or at the end.
    Before(pattern::Pattern),
}

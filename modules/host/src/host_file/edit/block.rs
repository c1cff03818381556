//! A block of lines between two markers.
//!
//! Source: Ansible's documentation of `blockinfile`; held against it by the differential test of `host_file`.

use super::{Edited, Place, lines, without_end};

/// A block to have between its markers; an empty one is to go.
#[derive(Clone, Debug)]
pub struct Block {
    /// The lines.
    pub block: String,
    /// The line before them.
    pub begin: String,
    /// The line behind them.
    pub end: String,
    /// Where a new block goes.
    pub place: Place,
    /// Whether an empty line stands before the block.
    pub blank_before: bool,
    /// Whether an empty line stands behind the block.
    pub blank_after: bool,
}

impl Block {
    /// The text with the block in it, or without. `None`: there is no file yet.
    pub fn edit(&self, text: Option<&[u8]>) -> Edited {
        let original = text.unwrap_or_default();
        let mut lines = lines(original);
        let last =
            |marker: &str, lines: &[Vec<u8>]| lines.iter().rposition(|line| without_end(line) == marker.as_bytes());
        let at = match (last(&self.begin, &lines), last(&self.end, &lines)) {
            (Some(begin), Some(end)) => {
                let (first, last) = if begin < end { (begin, end) } else { (end, begin) };
                lines.drain(first..=last);
                first
            }
            _ => self.place(original, &lines),
        };
        let new = self.lines();
        if !new.is_empty() {
            if at > 0
                && let Some(before) = lines.get_mut(at - 1)
                && !before.ends_with(b"\n")
            {
                before.push(b'\n');
            }
            let blank = |line: Option<&Vec<u8>>| line.is_some_and(|line| without_end(line).is_empty());
            let mut piece = new;
            if self.blank_before && at > 0 && !blank(lines.get(at - 1)) {
                piece.insert(0, b"\n".to_vec());
            }
            if self.blank_after && at < lines.len() && !blank(lines.get(at)) {
                piece.push(b"\n".to_vec());
            }
            lines.splice(at..at, piece);
        }
        let text_now = lines.concat();
        let msg = match text {
            _ if text_now == original && text.is_some() => "",
            None if text_now.is_empty() => "",
            None => "File created",
            Some(_) if self.block.is_empty() => "Block removed",
            Some(_) => "Block inserted",
        };
        Edited { text: text_now, msg: msg.to_owned(), found: None }
    }

    /// The block with its markers.
    fn lines(&self) -> Vec<Vec<u8>> {
        if self.block.is_empty() {
            return Vec::new();
        }
        let mut all = vec![format!("{}\n", self.begin).into_bytes()];
        all.extend(lines(self.block.as_bytes()));
        if let Some(last) = all.last_mut()
            && !last.ends_with(b"\n")
        {
            last.push(b'\n');
        }
        all.push(format!("{}\n", self.end).into_bytes());
        all
    }

    /// Before which line a new block goes.
    fn place(&self, text: &[u8], lines: &[Vec<u8>]) -> usize {
        let fits = |pattern: &super::pattern::Pattern| lines.iter().rposition(|line| pattern.fits(without_end(line)));
        // A pattern may span lines: then its end is looked for in the whole text.
        let line_of = |byte: usize| {
            let before = text.get(..byte).unwrap_or_default();
            before.iter().filter(|byte| **byte == b'\n').count()
        };
        match &self.place {
            Place::Begin => 0,
            Place::End => lines.len(),
            Place::After(pattern) => match fits(pattern) {
                Some(at) => at + 1,
                None => pattern.ends(text).map_or(lines.len(), |(_, end)| (line_of(end) + 1).min(lines.len())),
            },
            Place::Before(pattern) => match fits(pattern) {
                Some(at) => at,
                None => pattern.ends(text).map_or(lines.len(), |(start, _)| line_of(start)),
            },
        }
    }
}

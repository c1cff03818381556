//! A line that is to be there, or not to be.
//!
//! Source: Ansible's documentation of `lineinfile`; held against it by the differential test of `host_file`.

use super::pattern::{Match, Pattern};
use super::{Edited, Place, lines, without_end};

/// How a line is found.
#[derive(Clone, Debug)]
pub enum Search {
    /// By a pattern.
    Pattern(Pattern),
    /// By a text within it.
    Text(String),
    /// By being just the line.
    Same,
}

/// A line to have.
#[derive(Clone, Debug)]
pub struct Line {
    /// The line, without its end.
    pub line: String,
    /// Which line it replaces.
    pub search: Search,
    /// Whether `line` is a template for what the pattern found.
    pub backrefs: bool,
    /// Whether the first line that fits counts, and not the last.
    pub first: bool,
    /// Where it goes if there is none to replace.
    pub place: Place,
}

/// Lines to be without.
#[derive(Clone, Debug)]
pub struct NoLine {
    /// The line, without its end; empty when `search` is no [`Search::Same`].
    pub line: String,
    /// How they are found.
    pub search: Search,
}

impl Search {
    fn find(&self, line: &[u8], wanted: &str) -> Option<Option<Match>> {
        let text = without_end(line);
        match self {
            Search::Pattern(pattern) => pattern.find(text).map(Some),
            Search::Text(part) => contains(line, part.as_bytes()).then_some(None),
            Search::Same => (text == wanted.as_bytes()).then_some(None),
        }
    }
}

fn contains(line: &[u8], part: &[u8]) -> bool {
    part.is_empty() || line.windows(part.len()).any(|window| window == part)
}

impl Line {
    /// The text with the line in it.
    ///
    /// # Errors
    /// `line` is a template that asks for a group which the pattern does not have.
    pub fn edit(&self, text: &[u8]) -> Result<Edited, String> {
        let mut lines = lines(text);
        let mut found = None;
        if !matches!(self.search, Search::Same) {
            for (at, line) in lines.iter().enumerate() {
                if let Some(groups) = self.search.find(line, &self.line) {
                    found = Some((at, groups));
                    if self.first {
                        break;
                    }
                }
            }
        }
        let wanted = self.line.as_bytes();
        let mut place = None;
        if found.is_none() {
            for (at, line) in lines.iter().enumerate() {
                let here = match &self.place {
                    _ if without_end(line) == wanted => {
                        found = Some((at, None));
                        None
                    }
                    Place::After(pattern) => pattern.fits(without_end(line)).then_some(at + 1),
                    Place::Before(pattern) => pattern.fits(without_end(line)).then_some(at),
                    Place::Begin | Place::End => None,
                };
                place = here.or(place);
                if here.is_some() && self.first {
                    break;
                }
            }
        }
        let msg = match found {
            Some((at, groups)) => {
                let mut new = match groups {
                    Some(groups) if self.backrefs => groups.expand(&self.line)?,
                    _ => wanted.to_vec(),
                };
                if !new.ends_with(b"\n") {
                    new.push(b'\n');
                }
                match lines.get_mut(at) {
                    Some(old) if *old != new => {
                        *old = new;
                        "line replaced"
                    }
                    _ => "",
                }
            }
            None if self.backrefs => "",
            None => self.add(&mut lines, place),
        };
        Ok(Edited { text: lines.concat(), msg: msg.to_owned(), found: None })
    }

    /// Puts the line at its place.
    fn add(&self, lines: &mut Vec<Vec<u8>>, place: Option<usize>) -> &'static str {
        let new = [self.line.as_bytes(), b"\n"].concat();
        match (&self.place, place) {
            (Place::Begin, _) => lines.insert(0, new),
            // `first` may have ended the search before it came to the line.
            (Place::After(_), Some(at))
                if lines.get(at).is_some_and(|line| without_end(line) == self.line.as_bytes()) =>
            {
                return "";
            }
            (Place::After(_), Some(at)) if at < lines.len() => lines.insert(at, new),
            (Place::Before(_), Some(at)) => lines.insert(at, new),
            (Place::End, _) | (Place::After(_) | Place::Before(_), _) => {
                if let Some(last) = lines.last_mut()
                    && !last.ends_with(b"\n")
                    && !last.ends_with(b"\r")
                {
                    last.push(b'\n');
                }
                lines.push(new);
            }
        }
        "line added"
    }
}

impl NoLine {
    /// The text without the lines.
    pub fn edit(&self, text: &[u8]) -> Edited {
        let all = lines(text);
        let kept: Vec<Vec<u8>> =
            all.iter().filter(|line| self.search.find(line, &self.line).is_none()).cloned().collect();
        let found = all.len() - kept.len();
        let msg = if found == 0 { String::new() } else { format!("{found} line(s) removed") };
        Edited { text: kept.concat(), msg, found: Some(found) }
    }
}

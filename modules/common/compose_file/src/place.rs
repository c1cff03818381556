//! Where something stands in a compose file, and the error that says so.

use std::fmt;
use std::sync::Arc;

/// A file and, where the file is text, a line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's name, as the user gave it.
    pub file: Arc<str>,
    /// The line, counted from 1; none in a definition that is no text.
    pub line: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// A compose file that can't be used: where, which key, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {}{reason}", lead(.path))]
pub struct Error {
    /// The file and line.
    pub place: Place,
    /// The path of keys, such as `services.web.ports[0].target`; empty for the file as a whole.
    pub path: String,
    /// What is wrong, and how to mend it.
    pub reason: String,
}

fn lead(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

impl Error {
    /// An error about the file as a whole, or about a line of which no key is known.
    pub(crate) fn at(place: &Place, reason: impl Into<String>) -> Error {
        Error::of(place, "", reason)
    }

    /// An error about the key at `path`.
    pub(crate) fn of(place: &Place, path: &str, reason: impl Into<String>) -> Error {
        Error { place: place.clone(), path: path.to_owned(), reason: reason.into() }
    }
}

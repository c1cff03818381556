//! What can go wrong with an archive.

use std::io;

/// Why an archive was not made, or not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refused something.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done, with the path.
        doing: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It is not what was written: bits differ, or its end is missing.
    #[error("the archive is damaged: {0}")]
    Damaged(String),
    /// It holds what no archive of ours holds, such as a path that leads out of it.
    #[error("the archive is refused: {0}")]
    Refused(String),
}

/// The result of everything here.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
        let doing = doing.into();
        |source| Error::Io { doing, source }
    }

    /// As [`Error::io`], for what rustix says of something below the root.
    pub(crate) fn at(doing: &'static str, path: &[u8]) -> impl FnOnce(rustix::io::Errno) -> Error {
        let doing = format!("{doing} {}", shown(path));
        |errno| Error::Io { doing, source: errno.into() }
    }

    /// What reading the stream said: its end is missing, it can't be unpacked, or the system's own error.
    pub(crate) fn reading(source: io::Error) -> Error {
        match source.kind() {
            io::ErrorKind::UnexpectedEof => Error::Damaged("its end is missing".to_owned()),
            // zstd and age tell of damage so.
            io::ErrorKind::Other | io::ErrorKind::InvalidData => Error::Damaged(source.to_string()),
            _ => Error::Io { doing: "reading the archive".to_owned(), source },
        }
    }
}

/// A path for a message; the root itself is `.`.
pub(crate) fn shown(path: &[u8]) -> String {
    if path.is_empty() { ".".to_owned() } else { String::from_utf8_lossy(path).into_owned() }
}

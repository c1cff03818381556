//! What went wrong, as a sentence: what was being done, and why it failed.

use std::fmt::Display;

/// An error of this binary's own work with files, mounts and devices.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Trouble(pub String);

/// The result of such work.
pub type Result<T> = std::result::Result<T, Trouble>;

/// Leads an error by what was being done.
pub trait Doing<T> {
    /// `reading /some/file: no such file`.
    ///
    /// # Errors
    /// The same error, as a [`Trouble`].
    fn doing<Text: Display>(self, what: impl FnOnce() -> Text) -> Result<T>;
}

impl<T, E: Display> Doing<T> for std::result::Result<T, E> {
    fn doing<Text: Display>(self, what: impl FnOnce() -> Text) -> Result<T> {
        self.map_err(|error| Trouble(format!("{}: {error}", what())))
    }
}

/// An error out of a format.
macro_rules! trouble {
    ($($words:tt)*) => { $crate::trouble::Trouble(format!($($words)*)) };
}
pub(crate) use trouble;

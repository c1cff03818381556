//! Versions of the engine's API.

use std::fmt;
use std::str::FromStr;

/// A version of the engine's API, such as 1.45. Ordered by number: 1.9 is below 1.40.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    /// Before the dot; 1 since ever.
    pub major: u16,
    /// After the dot.
    pub minor: u16,
}

impl ApiVersion {
    /// The oldest that we speak: Docker 19.03, which is also the floor of engine 29.3.
    pub const OLDEST: ApiVersion = ApiVersion { major: 1, minor: 40 };
    /// The newest whose fields we know, those of bollard's models.
    pub const NEWEST: ApiVersion = ApiVersion { major: 1, minor: 53 };

    /// A version by its numbers.
    pub const fn new(major: u16, minor: u16) -> Self {
        ApiVersion { major, minor }
    }
}

impl Default for ApiVersion {
    /// The newest that we know.
    fn default() -> Self {
        ApiVersion::NEWEST
    }
}

impl FromStr for ApiVersion {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (major, minor) = text.strip_prefix('v').unwrap_or(text).split_once('.').ok_or(())?;
        Ok(ApiVersion { major: major.parse().map_err(drop)?, minor: minor.parse().map_err(drop)? })
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.major, self.minor)
    }
}

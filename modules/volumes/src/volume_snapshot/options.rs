//! The options of `volume_snapshot`.

use std::path::PathBuf;

use ansible::Sentence;
use docker_module::Duration;
use serde::Deserialize;

use crate::plugin::spec::is_name;
use crate::volume_backup::options::Retention;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub volume_name: Option<String>,
    pub state: State,
    pub snapshot: Option<Label>,
    pub method: Method,
    pub directory: Option<PathBuf>,
    pub max_age: Option<Duration>,
    pub retention: Option<Retention>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Absent,
    List,
    Present,
    Restored,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    Auto,
    Btrfs,
    Copy,
    Reflink,
}

impl Method {
    /// The method that was asked for; `None`: the best that there is.
    pub fn wanted(self) -> Option<crate::snapshot::Method> {
        match self {
            Method::Auto => None,
            Method::Btrfs => Some(crate::snapshot::Method::Btrfs),
            Method::Copy => Some(crate::snapshot::Method::Copy),
            Method::Reflink => Some(crate::snapshot::Method::Reflink),
        }
    }
}

/// A snapshot's name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Label(pub String);

impl TryFrom<String> for Label {
    type Error = Sentence;

    fn try_from(text: String) -> Result<Self, Sentence> {
        match is_name(&text) {
            true => Ok(Label(text)),
            false => Err(Sentence(format!(
                "`{{option}}`: {text:?} can't be a snapshot's name; {}, and at most 200",
                docker::NAMES
            ))),
        }
    }
}

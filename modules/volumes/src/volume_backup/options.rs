//! The options of `volume_backup`.

use std::path::PathBuf;

use ansible::{Failure, Secret, Sentence};
use archive::{Identity, Recipient};
use docker_module::Duration;
use serde::Deserialize;

use crate::backup::card::is_label;
use crate::backup::store::{S3Options, Ssh};

#[derive(Debug, Deserialize)]
pub struct Options {
    pub volume_name: Option<String>,
    pub state: State,
    pub backup: Option<Label>,
    pub directory: Option<PathBuf>,
    pub target_volume: Option<String>,
    pub ssh: Option<Ssh>,
    pub s3: Option<S3Options>,
    #[serde(default)]
    pub age_recipients: Vec<AgeRecipient>,
    pub age_identity: Option<Secret>,
    pub age_identity_file: Option<PathBuf>,
    pub quiesce: Quiesce,
    pub hook: Option<Hook>,
    pub stop_timeout: Option<i32>,
    pub compression_level: Level,
    pub threads: u32,
    pub max_age: Option<Duration>,
    pub retention: Option<Retention>,
    pub restore_to: Option<String>,
    pub verify: bool,
    pub state_directory: PathBuf,
}

impl Options {
    /// The keys that open encrypted backups.
    ///
    /// # Errors
    /// The file can't be read, or what is given is no key.
    pub fn identities(&self) -> Result<Vec<Identity>, Failure> {
        let mut keys = Vec::new();
        let mut add = |option: &str, text: &str| {
            let read = archive::identities(text);
            keys.extend(read.map_err(|why| Failure::new(format!("`{option}` holds no key of age: {why}")))?);
            Ok::<_, Failure>(())
        };
        if let Some(secret) = &self.age_identity {
            add("age_identity", secret.expose())?;
        }
        if let Some(path) = &self.age_identity_file {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Failure::new(format!("`age_identity_file`: reading {}: {error}", path.display())))?;
            add("age_identity_file", &text)?;
        }
        Ok(keys)
    }
}

/// For whom a backup is encrypted.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct AgeRecipient(pub Recipient);

impl TryFrom<String> for AgeRecipient {
    type Error = Sentence;

    fn try_from(text: String) -> Result<Self, Sentence> {
        let recipient = text.parse().map(AgeRecipient);
        recipient.map_err(|why| Sentence(format!("`{{option}}`: {text:?} is no recipient of age (age1…): {why}")))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Absent,
    List,
    Present,
    Restored,
    Verified,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quiesce {
    Hook,
    None,
    Pause,
    Stop,
}

impl Quiesce {
    /// As the option has it.
    pub fn word(self) -> &'static str {
        match self {
            Quiesce::Hook => "hook",
            Quiesce::None => "none",
            Quiesce::Pause => "pause",
            Quiesce::Stop => "stop",
        }
    }
}

/// A backup's name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Label(pub String);

impl TryFrom<String> for Label {
    type Error = Sentence;

    fn try_from(text: String) -> Result<Self, Sentence> {
        match is_label(&text) {
            true => Ok(Label(text)),
            false => Err(Sentence(format!(
                "`{{option}}`: {text:?} can't be a backup's name: write letters, digits, `.`, `_` and `-`, 100 at most, a \
                 letter or digit first"
            ))),
        }
    }
}

/// zstd's level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i32")]
pub struct Level(pub i32);

impl TryFrom<i32> for Level {
    type Error = Sentence;

    fn try_from(level: i32) -> Result<Self, Sentence> {
        match level {
            1..=19 => Ok(Level(level)),
            _ => Err(Sentence(format!("`{{option}}`: {level} is none of zstd's levels: give 1 to 19"))),
        }
    }
}

/// Commands in a container, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Hook {
    pub container: Option<String>,
    pub user: Option<String>,
    pub before: Vec<String>,
    pub after: Option<Vec<String>>,
}

/// How many backups stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Retention {
    pub keep_last: Option<u32>,
    pub keep_hourly: Option<u32>,
    pub keep_daily: Option<u32>,
    pub keep_weekly: Option<u32>,
    pub keep_monthly: Option<u32>,
    pub keep_yearly: Option<u32>,
}

//! What is known of a backup without reading it: its name, and the card that lies beside it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::moment;

/// A backup's file: `db@20261123T181500Z.tar.zst`. `@` stands in no volume's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    /// The volume.
    pub volume: String,
    /// Which backup of it.
    pub backup: String,
    /// Whether it is encrypted by age.
    pub encrypted: bool,
}

const PLAIN: &str = ".tar.zst";
const SEALED: &str = ".tar.zst.age";

impl FileName {
    /// Reads a file's name; `None` where it is no backup's.
    pub fn read(name: &str) -> Option<FileName> {
        let (stem, encrypted) = match (name.strip_suffix(SEALED), name.strip_suffix(PLAIN)) {
            (Some(stem), _) => (stem, true),
            (None, Some(stem)) => (stem, false),
            (None, None) => return None,
        };
        let (volume, backup) = stem.split_once('@')?;
        // What begins with a dot is on its way.
        (!volume.is_empty() && !volume.starts_with('.') && is_label(backup)).then(|| FileName {
            volume: volume.to_owned(),
            backup: backup.to_owned(),
            encrypted,
        })
    }

    /// The archive's file.
    pub fn archive(&self) -> String {
        let FileName { volume, backup, encrypted } = self;
        format!("{volume}@{backup}{}", if *encrypted { SEALED } else { PLAIN })
    }

    /// The card's file.
    pub fn card(&self) -> String {
        format!("{}.json", self.archive())
    }
}

/// Whether a backup may be called so.
pub fn is_label(label: &str) -> bool {
    let begins = label.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    begins && label.len() <= 100 && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// What is known of a backup.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Card {
    /// Its own name, unique among those of the volume.
    pub name: String,
    /// The volume.
    pub volume: String,
    /// Whether its name is the user's, and not the moment that it was made.
    pub named: bool,
    /// RFC 3339, UTC.
    pub created: String,
    /// Whether it is encrypted by age.
    pub encrypted: bool,
    /// How its users were quiesced.
    pub quiesce: String,
    /// The volume's driver.
    pub driver: String,
    /// The driver's options.
    pub driver_options: BTreeMap<String, String>,
    /// The volume's labels.
    pub labels: BTreeMap<String, String>,
    /// Nodes of every kind.
    pub entries: u64,
    /// Regular files.
    pub files: u64,
    /// Their lengths.
    pub bytes: u64,
    /// The archive's length.
    pub size: u64,
    /// The archive's SHA-256; empty where it is not known.
    pub sha256: String,
    /// How many files changed while they were read.
    pub unsteady: u64,
}

impl Card {
    /// Its file.
    pub fn file(&self) -> FileName {
        FileName { volume: self.volume.clone(), backup: self.name.clone(), encrypted: self.encrypted }
    }

    /// When it was made, in seconds since 1970; 0 where it does not say.
    pub fn time(&self) -> i64 {
        moment::seconds(&self.created).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_says_what_it_is() {
        for name in ["db@20261123T181500Z.tar.zst", "my_db.1-x@before-2.0.tar.zst.age"] {
            assert_eq!(FileName::read(name).unwrap().archive(), name);
        }
        for name in [
            "db.tar.zst",
            "@x.tar.zst",
            ".db@x.tar.zst",
            "db@.tar.zst",
            "db@x.tar.gz",
            "db@x.tar.zst.json",
            "db@../x.tar.zst",
            "db@a@b.tar.zst",
            "db@x.tar.zst.partial",
        ] {
            assert_eq!(FileName::read(name), None, "{name}");
        }
    }
}

//! Who has a volume mounted: the mount IDs that the engine gave, on disk, so that a plug-in that was killed knows them.
//!
//! They are those of one boot: after another one nothing is mounted, and no container runs that has not been mounted for
//! anew. So the record is written without waiting for the disk: what a power cut could take of it is worth nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::store::Volume;
use crate::trouble::{Doing, Result};

/// The record of one host.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Users {
    /// Which boot of the host it is of.
    boot: String,
    /// The mount IDs, and when each was given, in seconds since 1970.
    pub ids: BTreeMap<String, u64>,
}

/// Of which host and boot we are.
#[derive(Debug, Clone)]
pub struct Here {
    /// The host's name among those that share the root; `local` where none does.
    pub host: String,
    boot: String,
}

impl Here {
    /// This boot of the host that goes by this name.
    pub fn new(host: &str) -> Result<Here> {
        let path = "/proc/sys/kernel/random/boot_id";
        let boot = fs::read_to_string(path).doing(|| format!("reading {path}"))?.trim().to_owned();
        Ok(Here { host: host.to_owned(), boot })
    }
}

impl Volume {
    /// Who has it mounted here. A record that can't be read is one that a power cut has spoiled.
    pub fn users(&self, here: &Here) -> Result<Users> {
        let path = self.folder.join(file_of(&here.host));
        let text = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            text => text.doing(|| format!("reading {}", path.display()))?,
        };
        let users = serde_json::from_slice(&text).ok().filter(|users: &Users| users.boot == here.boot);
        Ok(users.unwrap_or_else(|| Users { boot: here.boot.clone(), ids: BTreeMap::new() }))
    }

    /// Writes down who has it mounted here.
    pub fn set_users(&self, here: &Here, users: &Users) -> Result<()> {
        let path = self.folder.join(file_of(&here.host));
        let doing = || format!("writing {}", path.display());
        if users.ids.is_empty() {
            return match fs::remove_file(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
                done => done.doing(doing),
            };
        }
        // Under the volume's lock: nobody else writes this name.
        let new = path.with_extension("new");
        fs::write(&new, serde_json::to_vec(users).doing(doing)?).doing(doing)?;
        fs::rename(&new, &path).doing(doing)
    }

    /// The other hosts that have it mounted, where the root is shared.
    pub fn users_elsewhere(&self, here: &Here) -> Result<Vec<String>> {
        let doing = || format!("listing {}", self.folder.display());
        let mut hosts = Vec::new();
        for entry in fs::read_dir(&self.folder).doing(doing)? {
            let name = entry.doing(doing)?.file_name();
            let host = name.to_str().and_then(|name| name.strip_prefix("users.")?.strip_suffix(".json"));
            hosts.extend(host.filter(|host| *host != here.host && *host != LOCAL).map(str::to_owned));
        }
        Ok(hosts)
    }
}

/// The host of a root that is not shared.
pub const LOCAL: &str = "local";

fn file_of(host: &str) -> String {
    format!("users.{host}.json")
}

/// Seconds since 1970.
pub fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

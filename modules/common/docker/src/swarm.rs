//! The swarm as its managers know it (`GET /swarm`), and this engine's part in it (`GET /info`).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Engine, Error, Inspected};

/// What plans read of a swarm.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Swarm {
    /// Its ID: 25 letters and digits.
    #[serde(rename = "ID")]
    pub id: String,
    /// Which version of it this is.
    pub version: ObjectVersion,
    /// How it is set up.
    pub spec: Inspected<SwarmSpec>,
    /// Whom its nodes trust.
    #[serde(rename = "TLSInfo")]
    pub tls_info: TlsInfo,
}

/// An object's version. An update names the one that it changes, and is refused when there is a newer one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ObjectVersion {
    /// It grows with each change, of any object.
    pub index: u64,
}

/// How a swarm is set up. Times in nanoseconds, ticks in seconds.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // the API's own fields, which it describes
pub struct SwarmSpec {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub orchestration: Orchestration,
    pub raft: Raft,
    pub dispatcher: Dispatcher,
    #[serde(rename = "CAConfig")]
    pub ca_config: CaConfig,
    pub encryption_config: EncryptionConfig,
}

/// Part of a [`SwarmSpec`].
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct Orchestration {
    pub task_history_retention_limit: i64,
}

/// Part of a [`SwarmSpec`].
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct Raft {
    pub snapshot_interval: i64,
    pub keep_old_snapshots: i64,
    pub log_entries_for_slow_followers: i64,
    pub election_tick: i64,
    pub heartbeat_tick: i64,
}

/// Part of a [`SwarmSpec`].
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct Dispatcher {
    pub heartbeat_period: i64,
}

/// Part of a [`SwarmSpec`]. The engine never tells the certificate and key with which it was last made to sign.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct CaConfig {
    pub node_cert_expiry: i64,
    pub force_rotate: i64,
}

/// Part of a [`SwarmSpec`].
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct EncryptionConfig {
    pub auto_lock_managers: bool,
}

/// Whom a swarm's nodes trust.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TlsInfo {
    /// The certificate of its authority, PEM.
    pub trust_root: String,
}

/// An engine's part in a swarm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// It is in none.
    #[default]
    None,
    /// It has asked to join, and waits.
    Pending,
    /// It runs tasks, and knows nothing of the swarm.
    Worker,
    /// It is one of the managers.
    Manager,
    /// A manager that was started again and needs the key.
    Locked,
    /// It belongs to a swarm and can't take part, as when its certificate has expired.
    Error,
}

/// What an engine says of its own part in a swarm: `Swarm` of `GET /info`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LocalNode {
    /// Its ID as a node; empty outside of a swarm.
    #[serde(rename = "NodeID")]
    pub node_id: String,
    local_node_state: String,
    control_available: bool,
}

impl LocalNode {
    /// The part that it has.
    pub fn part(&self) -> Part {
        match (self.local_node_state.as_str(), self.control_available) {
            ("active", true) => Part::Manager,
            ("active", false) => Part::Worker,
            ("pending", _) => Part::Pending,
            ("locked", _) => Part::Locked,
            ("error", _) => Part::Error,
            _ if self.node_id.is_empty() => Part::None,
            _ => Part::Worker,
        }
    }
}

impl Engine {
    /// The swarm, where this engine is one of its managers. While the engine becomes one, or has just left, it drops what
    /// it is asked; it gets five seconds for that.
    ///
    /// # Errors
    /// The engine can't be reached, is locked, or finds no leader.
    pub async fn swarm(&self) -> Result<Option<Inspected<Swarm>>, Error> {
        let mut tries = 0;
        loop {
            match self.get("/swarm", &[]).await {
                Ok(raw) => return Inspected::new(raw, "the swarm").map(Some),
                Err(Error::Api { status: 503, message }) if message.contains("is not a swarm manager") => {
                    return Ok(None);
                }
                Err(Error::Api { message, .. }) if tries < 20 && message.contains("connection is closing") => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_millis(250)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// This engine's part in a swarm.
    ///
    /// # Errors
    /// Those of [`Engine::get`].
    pub async fn local_node(&self) -> Result<LocalNode, Error> {
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        struct Info {
            swarm: LocalNode,
        }
        Ok(Inspected::<Info>::new(self.get("/info", &[]).await?, "GET /info")?.typed.swarm)
    }

    /// The key that unlocks a manager which was started again; `None` where managers are not locked.
    ///
    /// # Errors
    /// Those of [`Engine::get`], as when this engine is no manager.
    pub async fn unlock_key(&self) -> Result<Option<String>, Error> {
        let answer = self.get("/swarm/unlockkey", &[]).await?;
        Ok(answer.get("UnlockKey").and_then(Value::as_str).filter(|key| !key.is_empty()).map(str::to_owned))
    }
}

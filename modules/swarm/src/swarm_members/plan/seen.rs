//! What the members' engines know: the plan's start.

use std::collections::{BTreeMap, BTreeSet};

use docker::Part;
use serde::{Deserialize, Serialize};

use super::super::options::{Availability, Role};

/// What each member's engine told, by the member's name.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Observed(pub BTreeMap<String, Seen>);

/// What one member's engine told.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Seen {
    /// Why nobody could be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreachable: Option<String>,
    pub part: Part,
    /// The host's own name, which need not be the member's.
    pub hostname: String,
    /// Its ID as a node; empty outside of a swarm.
    pub node_id: String,
    /// The addresses of the managers that it knows.
    pub managers: BTreeSet<String>,
    /// The swarm, where it is a manager and there is a leader.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swarm: Option<SeenSwarm>,
    /// Why a manager can't tell of the swarm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A swarm as one of its managers knows it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct SeenSwarm {
    pub id: String,
    pub autolock: bool,
    pub nodes: Vec<SeenNode>,
}

/// A node as a manager knows it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SeenNode {
    pub id: String,
    pub hostname: String,
    pub role: Role,
    pub availability: Availability,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// `ready`, `down` …
    pub state: String,
    /// Of a manager: whether the others hear from it.
    #[serde(default)]
    pub heard: bool,
}

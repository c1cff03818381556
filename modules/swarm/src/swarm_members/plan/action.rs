//! The actions: each is done by one member's engine.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::super::options::{Availability, Needed, Role};

/// One step, with the member that does it. It travels from the member that planned to that one.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Action {
    pub on: String,
    pub what: What,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// `POST /swarm/init`
    Begin { listen: Listen, availability: Availability, autolock: bool },
    /// `POST /swarm/unlock`, with the key of the manager `from`.
    Unlock { from: String },
    /// `POST /swarm/leave`: out of a swarm that knows it no more.
    Leave,
    /// `POST /swarm/join`, with the token of the manager `from`.
    Join { from: String, role: Role, listen: Listen, availability: Availability },
    /// `POST /nodes/ID/update`, and a wait until it is so.
    Update { name: String, id: Option<String>, change: Change },
    /// `DELETE /nodes/ID`
    Remove { name: String, id: String },
    /// `POST /swarm/update`
    Autolock(bool),
    /// `POST /swarm/update`
    RotateTokens,
    /// `POST /swarm/update`
    RotateCa,
}

/// Where a node listens, and what it tells the others.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Listen {
    pub listen_addr: Option<String>,
    pub advertise_addr: Option<String>,
    pub data_path_addr: Option<String>,
}

/// What changes of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Change {
    pub role: Option<Role>,
    pub availability: Option<Availability>,
    pub labels: Option<BTreeMap<String, String>>,
}

impl Change {
    pub fn is_nothing(&self) -> bool {
        *self == Change::default()
    }
}

impl Action {
    /// Whom to ask for what before it.
    pub fn asks(&self) -> Option<(&str, Needed)> {
        match &self.what {
            What::Unlock { from } => Some((from, Needed::UnlockKey)),
            What::Join { from, role: Role::Manager, .. } => Some((from, Needed::ManagerToken)),
            What::Join { from, role: Role::Worker, .. } => Some((from, Needed::WorkerToken)),
            What::Begin { .. }
            | What::Leave
            | What::Update { .. }
            | What::Remove { .. }
            | What::Autolock(_)
            | What::RotateTokens
            | What::RotateCa => None,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = &self.on;
        match &self.what {
            What::Begin { .. } => write!(f, "{on} begins the swarm"),
            What::Unlock { .. } => write!(f, "{on} is unlocked"),
            What::Leave => write!(f, "{on} leaves the swarm, which knows it no more"),
            What::Join { role, .. } => write!(f, "{on} joins as {}", role.word()),
            What::Update { name, change, .. } => {
                let role = change.role.map(|role| format!("role {}", role.word()));
                let availability = change.availability.map(|word| format!("availability {}", word.word()));
                let labels = change.labels.as_ref().map(|_| "labels".to_owned());
                let all: Vec<String> = [role, availability, labels].into_iter().flatten().collect();
                write!(f, "update node {name}: {}", all.join(", "))
            }
            What::Remove { name, .. } => write!(f, "remove node {name}"),
            What::Autolock(true) => write!(f, "managers that start again are locked"),
            What::Autolock(false) => write!(f, "managers that start again are not locked"),
            What::RotateTokens => write!(f, "both join tokens are made new"),
            What::RotateCa => write!(f, "the authority and all certificates are made new"),
        }
    }
}

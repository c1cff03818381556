//! The swarm as the diff shows it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::options::{Availability, Role};
use super::action::Change;

/// A swarm and its nodes, members by their names in the inventory.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    pub autolock: bool,
    pub nodes: BTreeMap<String, NodeState>,
}

/// How a node is set up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeState {
    pub role: Role,
    pub availability: Availability,
    pub labels: BTreeMap<String, String>,
}

impl NodeState {
    /// What must change to make `before` this.
    pub fn against(&self, before: &NodeState) -> Change {
        Change {
            role: (self.role != before.role).then_some(self.role),
            availability: (self.availability != before.availability).then_some(self.availability),
            labels: (self.labels != before.labels).then(|| self.labels.clone()),
        }
    }
}

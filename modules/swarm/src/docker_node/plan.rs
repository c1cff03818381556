//! What `docker_node` will do, from the options and the node that is there.

use std::collections::BTreeMap;
use std::fmt;

use ansible::Plan;
use docker::{Node, NodeSpec};
use serde::Serialize;
use serde_json::{Value, json};

use super::options::{LabelsState, Options};

/// How a node is set up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Settings {
    role: String,
    availability: String,
    labels: BTreeMap<String, String>,
}

/// One engine call.
#[derive(Debug)]
pub struct Update {
    pub id: String,
    pub version: u64,
    /// The engine's own, whole, with what is to change.
    pub spec: Value,
    /// What changes, for the sentence.
    changes: Vec<String>,
    hostname: String,
}

impl fmt::Display for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "update node {}: {}", self.hostname, self.changes.join(", "))
    }
}

impl From<&NodeSpec> for Settings {
    fn from(spec: &NodeSpec) -> Self {
        Settings { role: spec.role.clone(), availability: spec.availability.clone(), labels: spec.labels.clone() }
    }
}

pub fn plan(options: &Options, node: &Node) -> Plan<Settings, Update> {
    let before = Settings::from(&node.spec.typed);
    let after = before.clone().overlaid(options);
    let update = (after != before).then(|| {
        let mut spec = node.spec.raw.clone();
        spec["Role"] = json!(after.role);
        spec["Availability"] = json!(after.availability);
        spec["Labels"] = json!(after.labels);
        Update {
            id: node.id.clone(),
            version: node.version.index,
            spec,
            changes: after.changes(&before),
            hostname: node.description.hostname.clone(),
        }
    });
    Plan { before: Some(before), after: Some(after), actions: update.into_iter().collect() }
}

impl Settings {
    fn overlaid(mut self, wish: &Options) -> Self {
        self.role = wish.role.map_or(self.role, |role| role.word().to_owned());
        self.availability = wish.availability.map_or(self.availability, |word| word.word().to_owned());
        let labels = wish.labels.clone().unwrap_or_default().0;
        match wish.labels_state {
            LabelsState::Replace => self.labels = labels,
            LabelsState::Merge => {
                self.labels.extend(labels);
                let going = wish.labels_to_remove.iter().flatten().filter(|label| !wish.wants(label));
                for label in going {
                    self.labels.remove(label);
                }
            }
        }
        self
    }

    fn changes(&self, before: &Settings) -> Vec<String> {
        let mut changes = Vec::new();
        if self.role != before.role {
            changes.push(format!("role {}", self.role));
        }
        if self.availability != before.availability {
            changes.push(format!("availability {}", self.availability));
        }
        if self.labels != before.labels {
            changes.push("labels".to_owned());
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use docker::Inspected;

    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, node: Option<&Node>| Ok(plan(options, node.unwrap_or(&Node::default()))),
            |node, after| {
                let Settings { role, availability, labels } = after?;
                let spec = Inspected { raw: json!({}), typed: NodeSpec { role, availability, labels } };
                Some(Node { spec, ..node? })
            },
        );
    }
}

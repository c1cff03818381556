//! Nodes of a swarm: `GET /nodes`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::swarm::ObjectVersion;
use crate::{Engine, Error, Inspected};

/// What plans read of a node.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Node {
    /// Its ID: 25 letters and digits.
    #[serde(rename = "ID")]
    pub id: String,
    /// Which version of it this is.
    pub version: ObjectVersion,
    /// How it is set up.
    pub spec: Inspected<NodeSpec>,
    /// What it says of itself.
    pub description: NodeDescription,
    /// How the managers find it.
    pub status: NodeStatus,
}

/// How a node is set up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeSpec {
    /// `worker` or `manager`.
    pub role: String,
    /// `active`, `pause` or `drain`.
    pub availability: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// What a node says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeDescription {
    /// The host's name, which need not be unique.
    pub hostname: String,
}

/// How the managers find a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeStatus {
    /// `ready`, `down`, `disconnected` or `unknown`.
    pub state: String,
}

impl Engine {
    /// The node that a user means by `word`: its ID, or its host's name.
    ///
    /// # Errors
    /// This engine is no manager, or several nodes have that name.
    pub async fn node(&self, word: &str) -> Result<Option<Inspected<Node>>, Error> {
        // Without a name the path would be the list's.
        if word.is_empty() {
            return Ok(None);
        }
        let raw = self.get_optional(&format!("/nodes/{word}"), &[]).await?;
        let found = raw.map(|raw| Inspected::<Node>::new(raw, &format!("node {word}"))).transpose()?;
        // The engine takes the beginning of an ID too: three letters of a name that nobody has would mean a node.
        Ok(found.filter(|node| node.typed.is_meant_by(word)))
    }

    /// The nodes that match `filters`, as the engine's JSON.
    ///
    /// # Errors
    /// This engine is no manager, or does not know a filter.
    pub async fn nodes(&self, filters: &str) -> Result<Vec<Inspected<Node>>, Error> {
        self.list("/nodes", &[("filters", filters)]).await
    }
}

impl Node {
    fn is_meant_by(&self, word: &str) -> bool {
        crate::lookup::means(word, &self.description.hostname, &self.id)
    }
}

/// The engine tells a leader's address as 0.0.0.0 where it listens on all of them; the address of the raft says more.
///
/// Source: moby issue 35437.
pub fn with_leaders_address(mut node: Value) -> Value {
    let leader = node.pointer("/ManagerStatus/Leader").and_then(Value::as_bool).unwrap_or(false);
    let raft = node.pointer("/ManagerStatus/Addr").and_then(Value::as_str);
    // More than one colon: IPv6, which is told right.
    let address = raft.and_then(|raft| raft.split_once(':')).filter(|(_, port)| !port.contains(':'));
    let address = address.map(|(address, _)| address.to_owned()).filter(|address| leader && !address.is_empty());
    if let (Some(address), Some(told)) = (address, node.pointer_mut("/Status/Addr")) {
        *told = address.into();
    }
    node
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_leaders_address() {
        let node = |leader: bool, raft: &str| json!({"ManagerStatus": {"Leader": leader, "Addr": raft}, "Status": {"Addr": "0.0.0.0"}});
        for (node, wanted) in [
            (node(true, "10.0.0.1:2377"), "10.0.0.1"),
            (node(true, ":2377"), "0.0.0.0"),
            (node(true, "[fd00::1]:2377"), "0.0.0.0"),
            (node(false, "10.0.0.1:2377"), "0.0.0.0"),
            (json!({"Status": {"Addr": "0.0.0.0"}}), "0.0.0.0"),
        ] {
            assert_eq!(with_leaders_address(node)["Status"]["Addr"], wanted);
        }
    }
}

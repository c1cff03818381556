//! What one member's engine knows: `GET /info`, and on a manager the swarm and its nodes.

use std::collections::{BTreeMap, BTreeSet};

use ansible::Failure;
use docker::{Engine, Inspected, LocalNode, Part};
use serde::Deserialize;
use serde_json::Value;

use super::options::{Availability, Role};
use super::plan::{Seen, SeenNode, SeenSwarm};

/// Of a node, what the shared type leaves to the engine's JSON.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Info {
    name: String,
    swarm: Remotes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Remotes {
    remote_managers: Vec<Remote>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Remote {
    addr: String,
}

pub async fn look(engine: &Engine) -> Result<Seen, Failure> {
    let raw = engine.get("/info", &[]).await?;
    let managers = addresses(&raw)?;
    let hostname = Inspected::<Info>::new(raw, "GET /info")?.typed.name;
    let local: LocalNode = engine.local_node().await?;
    let part = local.part();
    let mut seen = Seen { part, hostname, node_id: local.node_id, managers, ..Seen::default() };
    if part == Part::Manager {
        match engine.swarm().await {
            Ok(Some(swarm)) => {
                let nodes = engine.nodes("{}").await?.iter().map(node).collect();
                let autolock = swarm.typed.spec.typed.encryption_config.auto_lock_managers;
                seen.swarm = Some(SeenSwarm { id: swarm.typed.id, autolock, nodes });
            }
            Ok(None) => {}
            Err(error) => seen.error = Some(error.to_string()),
        }
    }
    Ok(seen)
}

/// Where the managers that an engine knows are joined.
pub fn addresses(info: &Value) -> Result<BTreeSet<String>, Failure> {
    let info = Inspected::<Info>::new(info.clone(), "GET /info")?.typed;
    Ok(info.swarm.remote_managers.into_iter().map(|remote| remote.addr).collect())
}

fn node(node: &Inspected<docker::Node>) -> SeenNode {
    let spec = &node.typed.spec.typed;
    let labels: BTreeMap<String, String> = spec.labels.clone();
    let heard = node.raw.pointer("/ManagerStatus/Reachability").and_then(Value::as_str) == Some("reachable");
    SeenNode {
        id: node.typed.id.clone(),
        hostname: node.typed.description.hostname.clone(),
        role: if spec.role == "manager" { Role::Manager } else { Role::Worker },
        availability: match spec.availability.as_str() {
            "drain" => Availability::Drain,
            "pause" => Availability::Pause,
            _ => Availability::Active,
        },
        labels,
        state: node.typed.status.state.clone(),
        heard,
    }
}

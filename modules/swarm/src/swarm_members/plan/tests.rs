//! The golden cases.

use docker::Part;

use super::super::options::Options;
use super::*;

#[test]
fn cases() {
    ansible::golden::cases(
        &super::super::MODULE,
        env!("CARGO_MANIFEST_DIR"),
        |options: &Options, observed: Option<&Observed>| plan(options, observed.unwrap_or(&Observed::default())),
        settled,
    );
}

/// What the engines would tell when all is done.
fn settled(observed: Option<Observed>, after: Option<Standing>) -> Option<Observed> {
    let (mut observed, after) = (observed?, after?);
    let id = |name: &str| format!("id-{name}");
    let node = |(name, state): (&String, &NodeState)| SeenNode {
        id: id(name),
        hostname: name.clone(),
        role: state.role,
        availability: state.availability,
        labels: state.labels.clone(),
        state: "ready".to_owned(),
        heard: true,
    };
    let nodes: Vec<SeenNode> = after.nodes.iter().map(node).collect();
    for (name, seen) in &mut observed.0 {
        seen.node_id = id(name);
        let state = &after.nodes[name];
        seen.part = if state.role == Role::Manager { Part::Manager } else { Part::Worker };
        let tells = state.role == Role::Manager && seen.unreachable.is_none();
        let swarm = SeenSwarm { id: "s".to_owned(), autolock: after.autolock, nodes: nodes.clone() };
        seen.swarm = tells.then_some(swarm);
    }
    Some(observed)
}

//! What there is before `docker_swarm` plans.

use std::time::Duration;

use ansible::Failure;
use docker::{Engine, Inspected, Node, Part, Swarm};

use super::options::{Options, State};
use super::plan::Observed;

/// The engine's part, the swarm as its manager knows it, and the node that is to go; and the swarm in the engine's words.
pub async fn observe(engine: &Engine, options: &Options) -> Result<(Observed, Option<Inspected<Swarm>>), Failure> {
    let mut part = engine.local_node().await?.part();
    let looks = part == Part::Manager && options.state == State::Present;
    let swarm = if looks { engine.swarm().await? } else { None };
    if looks && swarm.is_none() {
        // It has left meanwhile.
        part = engine.local_node().await?.part();
    }
    let node = match (options.state, part, &options.node_id) {
        (State::Remove, Part::Manager, Some(id)) => leaving(engine, id).await?,
        _ => None,
    };
    Ok((Observed { part, swarm: swarm.as_ref().map(|swarm| swarm.typed.clone()), node }, swarm))
}

/// The managers learn of a node that has left after a while: it gets 20 seconds to be down.
async fn leaving(engine: &Engine, id: &str) -> Result<Option<Node>, Failure> {
    let mut node = engine.node(id).await?;
    for _ in 0..20 {
        if node.as_ref().is_none_or(|node| node.typed.status.state == "down") {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        node = engine.node(id).await?;
    }
    Ok(node.map(|node| node.typed))
}

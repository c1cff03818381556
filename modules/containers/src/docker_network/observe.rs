//! What there is before `docker_network` plans: the network, and the containers that `connected` names.

use std::collections::BTreeMap;

use ansible::{Call, Failure};
use docker::{Engine, Inspected, Network};

use super::options::{Options, State};
use super::plan::Observed;

/// The network that the user means by `name`.
pub async fn network(engine: &Engine, name: &str) -> Result<Option<Inspected<Network>>, Failure> {
    if name.trim().is_empty() {
        return Err(Failure::new("`name` is empty: give the network's name"));
    }
    // The engine would make such a network, but find it under no path, and make another one in each run.
    if name.contains(char::is_control) || name.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(Failure::new(format!("`name`: the engine can't find a network again that is called {name:?}")));
    }
    Ok(engine.network(name).await?)
}

/// Asks for each container of `connected` that the engine does not list in the network. It lists only running ones: one
/// that is stopped and will be in the network when it is started counts as connected, or each run would connect it anew.
/// One that does not exist is no error, as with the peer, but worth a warning.
pub async fn containers(
    call: &Call,
    engine: &Engine,
    options: &Options,
    network: Option<Network>,
) -> Result<Observed, Failure> {
    let mut observed = Observed { network, containers: BTreeMap::new() };
    let words = match options.state {
        State::Absent => &[],
        State::Present => options.connected.as_slice(),
    };
    for word in words {
        if observed.container(word).is_some() {
            continue;
        }
        let Some(container) = engine.container(word).await?.map(|container| container.typed) else {
            call.warn(format!("`connected`: there is no container {word}"));
            continue;
        };
        if let Some(network) = observed.network.as_mut().filter(|network| container.is_in(network)) {
            network.connected.insert(container.bare_name().to_owned(), container.id);
        } else {
            observed.containers.insert(word.clone(), container);
        }
    }
    Ok(observed)
}

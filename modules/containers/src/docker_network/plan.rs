//! What `docker_network` will do, from the options and what there is.

use std::collections::BTreeMap;
use std::fmt;

use ansible::{Failure, Plan};
use docker::container::Container;
use docker::{Network, Pool};
use docker_module::Text;

use super::options::{Options, Scope, State};

/// What the plan starts from.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(serde::Deserialize), serde(default))]
pub struct Observed {
    pub network: Option<Network>,
    /// Those of `connected` that exist and are not in the network, by the word that the user wrote.
    pub containers: BTreeMap<String, Container>,
}

impl Observed {
    /// The name and ID of the container that the user means by `word`.
    pub fn container(&self, word: &str) -> Option<(&str, &str)> {
        let member = self.network.as_ref().and_then(|network| network.member(word));
        member.or_else(|| self.containers.get(word).map(|container| (container.bare_name(), container.id.as_str())))
    }
}

/// One engine call.
#[derive(Debug)]
pub enum Action {
    Connect { container: String, network: String },
    Create(Box<Network>),
    Disconnect { container: String, network: String },
    Remove { network: String },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Connect { container, network } => write!(f, "connect container {container} to network {network}"),
            Action::Create(network) => write!(f, "create network {} with driver {}", network.name, network.driver),
            Action::Disconnect { container, network } => {
                write!(f, "disconnect container {container} from network {network}")
            }
            Action::Remove { network } => write!(f, "remove network {network}"),
        }
    }
}

/// The engine can't change a network, only who is in it: whatever else differs needs a new one.
///
/// # Errors
/// An address in `ipam_config` is none.
pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<Network, Action>, Failure> {
    let before = observed.network.as_ref();
    let fresh = fresh(options, before)?;
    let kept = before.filter(|network| !options.force && overlaid(&fresh, network) == **network);
    let (after, actions) = match options.state {
        State::Absent => (None, before.map(removal).unwrap_or_default()),
        State::Present => {
            let connected = connected(options, observed);
            let mut actions = Vec::new();
            if kept.is_none() {
                actions.extend(before.map(removal).unwrap_or_default());
                actions.push(Action::Create(Box::new(fresh.clone())));
            }
            let none = BTreeMap::new();
            actions.extend(moves(&fresh.name, kept.map_or(&none, |network| &network.connected), &connected));
            (Some(Network { connected, ..kept.cloned().unwrap_or_else(|| fresh.with_defaults()) }), actions)
        }
    };
    Ok(Plan { before: before.cloned(), after, actions })
}

/// A network goes when nobody is left in it.
fn removal(network: &Network) -> Vec<Action> {
    let mut actions = moves(&network.name, &network.connected, &BTreeMap::new());
    actions.push(Action::Remove { network: network.name.clone() });
    actions
}

/// Who joins and who leaves, so that `there` becomes `wanted`.
fn moves(network: &str, there: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> Vec<Action> {
    let joining = wanted.keys().filter(|name| !there.contains_key(*name));
    let leaving = there.keys().filter(|name| !wanted.contains_key(*name));
    joining
        .map(|name| Action::Connect { container: name.clone(), network: network.to_owned() })
        .chain(leaving.map(|name| Action::Disconnect { container: name.clone(), network: network.to_owned() }))
        .collect()
}

/// A new network as the user wants it. What they did not name is left to the engine.
fn fresh(options: &Options, before: Option<&Network>) -> Result<Network, Failure> {
    let text = |(key, value): (&String, &Text)| (key.clone(), value.0.clone());
    Ok(Network {
        id: String::new(),
        // The user may have named the one that is there by its ID.
        name: before.map_or(&options.name, |network| &network.name).clone(),
        // The engine gives a network that only holds a configuration this driver, whatever is asked for.
        driver: if options.config_only == Some(true) { "null".to_owned() } else { options.driver.clone() },
        driver_options: options.driver_options.iter().map(text).collect(),
        labels: options.labels.0.clone(),
        enable_ipv4: options.enable_ipv4,
        enable_ipv6: options.enable_ipv6,
        internal: options.internal,
        attachable: options.attachable,
        ingress: options.ingress,
        scope: options.scope.map(|scope| scope.word().to_owned()),
        config_only: options.config_only,
        config_from: options.config_from.clone(),
        ipam_driver: options.ipam_driver.clone().filter(|driver| !driver.is_empty()),
        ipam_driver_options: options.ipam_driver_options.as_ref().map(|given| given.iter().map(text).collect()),
        ipam_config: options.pools()?,
        connected: BTreeMap::new(),
    })
}

/// The network that is there with the user's wishes laid over it; who is in it is another matter.
fn overlaid(wanted: &Network, network: &Network) -> Network {
    let extended = |map: &BTreeMap<String, String>, more: &BTreeMap<String, String>| {
        map.iter().chain(more).map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let scope = wanted.scope.clone().filter(|scope| !is_global_in_a_swarm(scope, network));
    Network {
        id: network.id.clone(),
        name: network.name.clone(),
        driver: wanted.driver.clone(),
        driver_options: extended(&network.driver_options, &wanted.driver_options),
        labels: extended(&network.labels, &wanted.labels),
        enable_ipv4: wanted.enable_ipv4.or(network.enable_ipv4),
        enable_ipv6: wanted.enable_ipv6.or(network.enable_ipv6),
        internal: wanted.internal.or(network.internal),
        attachable: wanted.attachable.or(network.attachable),
        ingress: wanted.ingress.or(network.ingress),
        scope: scope.or(network.scope.clone()),
        config_only: wanted.config_only.or(network.config_only),
        config_from: wanted.config_from.clone().or(network.config_from.clone()),
        ipam_driver: wanted.ipam_driver.clone().or(network.ipam_driver.clone()),
        ipam_driver_options: wanted.ipam_driver_options.clone().or(network.ipam_driver_options.clone()),
        ipam_config: with_unmet(&network.ipam_config, &wanted.ipam_config),
        connected: network.connected.clone(),
    }
}

/// A swarm makes the network that was asked for as `global` and calls it `swarm`.
fn is_global_in_a_swarm(scope: &str, network: &Network) -> bool {
    scope == Scope::Global.word() && network.scope.as_deref() == Some(Scope::Swarm.word())
}

/// The pools that are there, and those wanted that none of them meets.
fn with_unmet(there: &[Pool], wanted: &[Pool]) -> Vec<Pool> {
    let unmet = wanted.iter().filter(|pool| !there.iter().any(|other| other.meets(pool)));
    there.iter().chain(unmet).cloned().collect()
}

/// Who will be in the network. An empty `connected` says nothing, and a container that does not exist is passed over.
fn connected(options: &Options, observed: &Observed) -> BTreeMap<String, String> {
    let there = observed.network.iter().flat_map(|network| &network.connected);
    let staying = there.filter(|_| options.connected.is_empty() || options.appends);
    let staying = staying.map(|(name, id)| (name.as_str(), id.as_str()));
    let named = options.connected.iter().filter_map(|word| observed.container(word));
    staying.chain(named).map(|(name, id)| (name.to_owned(), id.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| plan(options, observed.unwrap_or(&Observed::default())),
            |observed, after| Some(Observed { network: after, ..observed.unwrap_or_default() }),
        );
    }
}

//! What `docker_stack` will do, from what the files say and what there is.

mod action;
mod clean;
mod normal;
mod objects;
mod observed;
mod service;

use std::collections::BTreeMap;

use ansible::{Failure, Plan};
use compose_file::{NAMESPACE, Stack};
use docker::ContentKind;
use serde::Serialize;
use serde_json::Value;

pub use action::Action;
pub use clean::clean;
pub use observed::{Network, Object, Objects, Observed, Service};
pub use service::{fill_in, image};

use super::options::Options;

/// A stack in the words of the engine's API, without what only the engine knows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct State {
    /// By name: the specification, without what is the engine's default.
    pub services: BTreeMap<String, Value>,
    /// By name: how it is made.
    pub networks: BTreeMap<String, Value>,
    /// By name: the labels. The content is known to nobody.
    pub secrets: BTreeMap<String, BTreeMap<String, String>>,
    /// By name: the labels.
    pub configs: BTreeMap<String, BTreeMap<String, String>>,
}

/// # Errors
/// Something external is not there, or the swarm can't make what is there as it should be.
pub fn plan(options: &Options, stack: &Stack, observed: &Observed) -> Result<Plan<State, Action>, Failure> {
    let before = state(&options.name, observed);
    let mut after = before.clone();
    let mut actions = Vec::new();
    if options.prune {
        for (name, service) in observed.services.iter().filter(|(name, _)| !stack.services.contains_key(*name)) {
            actions.push(Action::RemoveService { name: name.clone(), id: service.id.clone() });
            after.services.remove(name);
        }
    }
    external(stack, observed)?;
    for (name, body) in &stack.networks {
        match observed.networks.get(name) {
            Some(network) if network.is_of(&options.name) => {}
            Some(network) if network.scope == "swarm" => {
                return Err(Failure::new(format!(
                    "network {name} is there, but not as a part of the stack {}: remove it, or say `external: true` \
                     in the file",
                    options.name
                )));
            }
            _ => {
                actions.push(Action::CreateNetwork { name: name.clone(), body: body.clone() });
                after.networks.insert(name.clone(), body.clone());
            }
        }
    }
    for (kind, wanted, there, after) in [
        (ContentKind::Secret, &stack.secrets, &observed.secrets, &mut after.secrets),
        (ContentKind::Config, &stack.configs, &observed.configs, &mut after.configs),
    ] {
        actions.extend(objects::plan(kind, wanted, there, after)?);
    }
    for (name, spec) in &stack.services {
        let there = observed.services.get(name);
        let wanted = service::wanted(options, spec, there, observed);
        let normal = normal::service(&wanted, observed);
        if after.services.get(name) == Some(&normal) {
            continue;
        }
        actions.push(match there {
            None => Action::CreateService { name: name.clone(), spec: wanted },
            Some(service) => Action::UpdateService {
                name: name.clone(),
                id: service.id.clone(),
                version: service.version,
                spec: wanted,
            },
        });
        after.services.insert(name.clone(), normal);
    }
    Ok(Plan { before: Some(before).filter(|state| *state != State::default()), after: Some(after), actions })
}

/// The stack goes: services first, for they use the rest.
pub fn remove(options: &Options, observed: &Observed) -> Plan<State, Action> {
    let before = state(&options.name, observed);
    let mut actions = Vec::new();
    for (name, service) in &observed.services {
        actions.push(Action::RemoveService { name: name.clone(), id: service.id.clone() });
    }
    for (kind, objects) in [(ContentKind::Secret, &observed.secrets), (ContentKind::Config, &observed.configs)] {
        for (name, object) in objects.iter().filter(|(_, object)| is_of(&object.labels, &options.name)) {
            actions.push(Action::RemoveObject { kind, name: name.clone(), id: object.id.clone() });
        }
    }
    for (name, network) in observed.networks.iter().filter(|(_, network)| network.is_of(&options.name)) {
        actions.push(Action::RemoveNetwork { name: name.clone(), id: network.id.clone() });
    }
    Plan { before: (!actions.is_empty()).then_some(before), after: None, actions }
}

fn is_of(labels: &BTreeMap<String, String>, stack: &str) -> bool {
    labels.get(NAMESPACE).map(String::as_str) == Some(stack)
}

/// What there is of the stack.
pub fn state(stack: &str, observed: &Observed) -> State {
    let objects = |objects: &Objects| {
        let own = objects.iter().filter(|(_, object)| is_of(&object.labels, stack));
        own.map(|(name, object)| (name.clone(), object.labels.clone())).collect()
    };
    let services =
        observed.services.iter().map(|(name, service)| (name.clone(), normal::service(&service.spec, observed)));
    let networks = observed.networks.values().filter(|network| network.is_of(stack));
    State {
        services: services.collect(),
        networks: networks.map(|network| (network.name.clone(), network.body())).collect(),
        secrets: objects(&observed.secrets),
        configs: objects(&observed.configs),
    }
}

/// What the stack refers to and does not make must be there.
fn external(stack: &Stack, observed: &Observed) -> Result<(), Failure> {
    // These are on every node, and in no swarm.
    let of_each_node = ["bridge", "host", "none", "default"];
    for name in stack.external_networks.iter().filter(|name| !of_each_node.contains(&name.as_str())) {
        match observed.networks.get(name) {
            None => {
                return Err(Failure::new(format!(
                    "network {name:?} is declared as external, but could not be found. You need to create a swarm-scoped \
                     network before the stack is deployed"
                )));
            }
            Some(network) if network.scope != "swarm" => {
                return Err(Failure::new(format!(
                    "network {name:?} is declared as external, but it is not in the right scope: {:?} instead of \"swarm\"",
                    network.scope
                )));
            }
            Some(_) => {}
        }
    }
    for (kind, names, there) in [
        (ContentKind::Secret, &stack.external_secrets, &observed.secrets),
        (ContentKind::Config, &stack.external_configs, &observed.configs),
    ] {
        if let Some(name) = names.iter().find(|name| !there.contains_key(*name)) {
            return Err(Failure::new(format!(
                "{kind} not found: {name}: it is declared as external, and must be there"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use compose_file::Surroundings;

    use super::*;

    /// No files and no environment: a case defines its stack in place.
    struct Nowhere;

    impl Surroundings for Nowhere {
        fn read(&self, path: &str) -> Result<Vec<u8>, String> {
            Err(format!("{path} is nowhere"))
        }

        fn variable(&self, _: &str) -> Option<String> {
            None
        }
    }

    fn both(options: &Options, observed: &Observed) -> Result<Plan<State, Action>, Failure> {
        if options.state == crate::docker_stack::options::State::Absent {
            return Ok(remove(options, observed));
        }
        let (stack, _) = crate::docker_stack::source::stack(options, &Nowhere)?;
        let mut plan = plan(options, &stack, observed)?;
        if options.waits() || (plan.actions.is_empty() && observed.is_at_rest()) {
            let cleaned = clean(options, &stack, observed, &plan.after.unwrap_or_default());
            plan.actions.extend(cleaned.actions);
            plan.after = cleaned.after;
        }
        Ok(plan)
    }

    /// What the engine would tell afterwards.
    fn settled(stack: &str, observed: Option<Observed>, after: Option<State>) -> Observed {
        let mut observed = observed.unwrap_or_default();
        let after = after.unwrap_or_default();
        let id = |name: &String| format!("id-of-{name}");
        for (there, after) in [(&mut observed.secrets, &after.secrets), (&mut observed.configs, &after.configs)] {
            there.retain(|name, object| after.contains_key(name) || !is_of(&object.labels, stack));
            for (name, labels) in after {
                let object = there.entry(name.clone()).or_insert_with(|| Object { id: id(name), ..Object::default() });
                object.labels.clone_from(labels);
            }
        }
        observed.networks.retain(|name, network| after.networks.contains_key(name) || !network.is_of(stack));
        for (name, body) in &after.networks {
            let mut made: Network = serde_json::from_value(body.clone()).unwrap();
            (made.id, made.scope) = (id(name), "swarm".to_owned());
            observed.networks.entry(name.clone()).or_insert(made);
        }
        observed.services.retain(|name, _| after.services.contains_key(name));
        for (name, spec) in after.services {
            let mut spec = spec;
            fill_in(&mut spec, &|kind, name| {
                let objects = if kind == "Secret" { &observed.secrets } else { &observed.configs };
                objects.get(name).map(|object| object.id.clone())
            });
            observed.services.entry(name).or_default().spec = spec;
        }
        observed
    }

    #[test]
    fn cases() {
        ansible::golden::cases(
            &crate::docker_stack::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| {
                options.check()?;
                both(options, observed.unwrap_or(&Observed::default()))
            },
            |observed, after| Some(settled("app", observed, after)),
        );
    }
}

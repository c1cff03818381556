//! What `docker_swarm_service` will do, from the options and what is there.

mod body;
mod given;
mod health;
mod isolation;
mod names;
mod network;
mod process;
mod resources;
mod rollout;
mod scale;
mod state;
mod storage;

use std::collections::BTreeMap;
use std::fmt;

use ansible::{Failure, Plan};
use docker::{ObjectVersion, Service};
use serde_json::Value;

pub use self::state::State;
use super::options::{Options, State as Wanted, UnnamedOptions};

/// What was read before anything is decided.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(serde::Deserialize), serde(default))]
pub struct Observed {
    pub service: Option<Service>,
    /// The image with its digest at the registry, when it was asked for.
    pub image: Option<String>,
    /// IDs by name.
    pub networks: BTreeMap<String, String>,
    pub configs: BTreeMap<String, String>,
    pub secrets: BTreeMap<String, String>,
}

/// One engine call.
#[derive(Debug)]
pub enum Action {
    Create(Create),
    Update(Update),
    Remove { name: String },
}

/// `POST /services/create`
#[derive(Debug)]
pub struct Create {
    name: String,
    pub image: String,
    pub spec: Value,
    /// Of one that is made in place of another: the names of what differs.
    pub changes: Vec<String>,
}

/// `POST /services/{id}/update`
#[derive(Debug)]
pub struct Update {
    name: String,
    pub id: String,
    pub version: ObjectVersion,
    pub image: String,
    pub spec: Value,
    /// The names of what differs; none when all tasks are just to be made anew.
    pub changes: Vec<String>,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Create(create) => write!(f, "create service {} with image {}", create.name, create.image),
            Action::Update(update) if update.changes.is_empty() => {
                write!(f, "update service {}: all tasks anew", update.name)
            }
            Action::Update(update) => write!(f, "update service {}: {}", update.name, update.changes.join(", ")),
            Action::Remove { name } => write!(f, "remove service {name}"),
        }
    }
}

/// # Errors
/// The options contradict each other, or name a network that there is not.
pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<State, Action>, Failure> {
    options.check_mounts()?;
    match (options.state, &observed.service) {
        (Wanted::Absent, None) => Ok(Plan { before: None, after: None, actions: vec![] }),
        (Wanted::Absent, Some(service)) => {
            let before = Some(State::from(&service.spec.typed));
            Ok(Plan { before, after: None, actions: vec![Action::Remove { name: options.name.clone() }] })
        }
        (Wanted::Present, None) => {
            let spec = State::wished(options, observed)?.spec(&options.name);
            let after = Some(State::read(&spec)?);
            Ok(Plan { before: None, after, actions: vec![Action::Create(create(options, observed, spec, vec![]))] })
        }
        (Wanted::Present, Some(service)) => change(options, observed, service),
    }
}

/// Nothing happens while what the user named is as they want it. If not, what they did not name is kept or, as with the peer,
/// becomes the engine's default.
fn change(options: &Options, observed: &Observed, service: &Service) -> Result<Plan<State, Action>, Failure> {
    let before = State::from(&service.spec.typed);
    let named = before.clone().overlaid(options, observed)?;
    if named == before {
        return Ok(Plan { before: Some(before), after: Some(named), actions: vec![] });
    }
    let changes = before.changes(&named, options);
    let (after, spec) = match options.unnamed_options {
        UnnamedOptions::Keep => {
            let spec = named.changed_spec(&before, &service.spec.raw);
            (named, spec)
        }
        UnnamedOptions::Reset => {
            let spec = State::wished(options, observed)?.spec(&options.name);
            (State::read(&spec)?, spec)
        }
    };
    let actions = if before.needs_another(&after) {
        vec![Action::Remove { name: options.name.clone() }, Action::Create(create(options, observed, spec, changes))]
    } else {
        vec![Action::Update(Update {
            name: options.name.clone(),
            id: service.id.clone(),
            version: service.version,
            image: image(options, observed),
            spec,
            changes,
        })]
    };
    Ok(Plan { before: Some(before), after: Some(after), actions })
}

fn create(options: &Options, observed: &Observed, spec: Value, changes: Vec<String>) -> Create {
    Create { name: options.name.clone(), image: image(options, observed), spec, changes }
}

fn image(options: &Options, observed: &Observed) -> String {
    observed.image.clone().or(options.image.clone()).unwrap_or_default()
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
            |options: &Options, observed: Option<&Observed>| plan(options, observed.unwrap_or(&Observed::default())),
            |observed, after| {
                let observed = observed.unwrap_or_default();
                // What is written is read again.
                let service = after.map(|after| Service {
                    spec: Inspected::new(after.spec("web"), "the service").unwrap(),
                    ..Service::default()
                });
                Some(Observed { service, ..observed })
            },
        );
    }
}

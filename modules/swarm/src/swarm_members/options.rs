//! The options of `swarm_members`, and what its action plug-in asks of one member at a time.

use std::collections::BTreeMap;

use ansible::{Failure, Secret};
use docker_module::Labels;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::plan::{Action, Observed};

#[derive(Debug, Deserialize)]
pub struct Options {
    pub managers: Vec<String>,
    pub workers: Vec<String>,
    pub nodes: Option<BTreeMap<String, Wish>>,
    pub others: Others,
    pub drain_timeout: u64,
    pub autolock: Option<bool>,
    pub default_addr_pool: Option<Vec<String>>,
    pub subnet_size: Option<u32>,
    pub data_path_port: Option<u32>,
    pub rotate_tokens: bool,
    pub rotate_ca: bool,
    pub step: Option<Map<String, Value>>,
    pub secret: Option<Secret>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Others {
    Keep,
    Remove,
}

/// What is wanted of one member.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wish {
    pub labels: Option<Labels>,
    pub availability: Option<Availability>,
    pub listen_addr: Option<String>,
    pub advertise_addr: Option<String>,
    pub data_path_addr: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Availability {
    #[default]
    Active,
    Pause,
    Drain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Worker,
    Manager,
}

impl Availability {
    /// As the engine writes it.
    pub fn word(self) -> &'static str {
        match self {
            Availability::Active => "active",
            Availability::Pause => "pause",
            Availability::Drain => "drain",
        }
    }
}

impl Role {
    /// As the engine writes it.
    pub fn word(self) -> &'static str {
        match self {
            Role::Worker => "worker",
            Role::Manager => "manager",
        }
    }
}

impl Options {
    /// What this call is about.
    ///
    /// # Errors
    /// The module is not called by its action plug-in, or by another version's.
    pub fn step(&self) -> Result<Step, Failure> {
        let none = || {
            Failure::new(
                "swarm_members is made of many calls, which its action plug-in makes: use it in a task, by its full name \
                 cdgp.docker.swarm_members",
            )
        };
        let step = Value::Object(self.step.clone().ok_or_else(none)?);
        serde_json::from_value(step).map_err(|error| Failure::new(format!("`step` is not understood: {error}")))
    }
}

/// What one call is about: `plugins/action/swarm_members.py` makes many of one task.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// What does this member's engine know?
    Look {},
    /// What is to be done, with what all members' engines know? Answered by any one of them.
    Plan(Observed),
    /// Do this.
    Do(Box<Deed>),
    /// Tell what another member needs; see `seal.rs`.
    Tell(Needed),
}

/// One action, and what became known since it was planned.
#[derive(Debug, Deserialize)]
pub struct Deed {
    pub action: Action,
    /// The IDs of nodes that have joined meanwhile, by member.
    #[serde(default)]
    pub ids: BTreeMap<String, String>,
    /// Where managers are to be joined.
    #[serde(default)]
    pub remote_addrs: Vec<String>,
}

/// A secret of a manager.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Needed {
    WorkerToken,
    ManagerToken,
    UnlockKey,
}

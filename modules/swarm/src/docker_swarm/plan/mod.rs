//! What `docker_swarm` will do, from the options and the swarm that there is.

mod settings;

use std::fmt;

use ansible::{Failure, Plan, Secret};
use docker::{Node, Part, Swarm};
use serde::Serialize;
use serde_json::{Value, json};

use self::settings::Settings;
use super::options::{Options, State};

/// What the plan starts from.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(serde::Deserialize), serde(default))]
pub struct Observed {
    /// The engine's own part.
    pub part: Part,
    /// The swarm, on a manager.
    pub swarm: Option<Swarm>,
    /// The node that `node_id` names, where it is to be removed.
    pub node: Option<Node>,
}

/// One engine call.
#[derive(Debug)]
pub enum Action {
    Init(Box<Init>),
    Update(Box<Update>),
    Join(Box<Join>),
    Leave { force: bool },
    RemoveNode { id: String, force: bool },
}

/// `POST /swarm/init`
#[derive(Debug)]
pub struct Init {
    pub listen: Listen,
    pub data_path_port: Option<u32>,
    pub default_addr_pool: Option<Vec<String>>,
    pub subnet_size: Option<u32>,
    pub force: bool,
    pub spec: Value,
    pub signing_ca_key: Option<Secret>,
}

/// `POST /swarm/update`
#[derive(Debug)]
pub struct Update {
    pub version: u64,
    pub spec: Value,
    pub signing_ca_key: Option<Secret>,
    pub rotate_worker_token: bool,
    pub rotate_manager_token: bool,
}

/// `POST /swarm/join`
#[derive(Debug)]
pub struct Join {
    pub listen: Listen,
    pub remote_addrs: Vec<String>,
    pub join_token: Option<Secret>,
}

/// Where a node listens, and what it tells the others.
#[derive(Clone, Debug)]
pub struct Listen {
    pub listen_addr: String,
    pub advertise_addr: Option<String>,
    pub data_path_addr: Option<String>,
}

/// The peer's sentences, which plays compare with. The alternate form leads the error when it fails.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (done, failed) = match self {
            Action::Init(_) => ("New Swarm cluster created", "Can not create a new Swarm Cluster"),
            Action::Update(_) => ("Swarm cluster updated", "Can not update a Swarm Cluster"),
            Action::Join(_) => ("New node is added to swarm cluster", "Can not join the Swarm Cluster"),
            Action::Leave { .. } => ("Node has left the swarm cluster", "This node can not leave the Swarm Cluster"),
            Action::RemoveNode { .. } => {
                ("Node is removed from swarm cluster.", "Can not remove the node from the Swarm Cluster")
            }
        };
        f.write_str(if f.alternate() { failed } else { done })
    }
}

/// What is there of what the module changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Standing {
    Swarm(Box<Settings>),
    /// Whether this node is in a swarm.
    This {
        joined: bool,
    },
    /// Whether the node that is to be removed is.
    Other {
        joined: bool,
    },
}

impl Standing {
    /// Whether managers lock their data.
    pub fn locks(&self) -> bool {
        matches!(self, Standing::Swarm(settings) if settings.autolock_managers == Some(true))
    }
}

/// What the peer says when nothing is to be done.
pub fn nothing_to_do(state: State) -> &'static str {
    match state {
        State::Present => "No modification",
        State::Join => "This node is already part of a swarm.",
        State::Absent => "This node is not part of a swarm.",
        State::Remove => "There is no such node in the swarm.",
    }
}

/// # Errors
/// The engine's part in a swarm is one that can't become what the user wants.
pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<Standing, Action>, Failure> {
    match options.state {
        State::Present => present(options, observed),
        State::Join => {
            let join = || Join {
                listen: listen(options),
                remote_addrs: options.remote_addrs.clone().unwrap_or_default(),
                join_token: options.join_token.clone(),
            };
            let joined = observed.part != Part::None;
            let action = (!joined).then(|| Action::Join(Box::new(join())));
            Ok(moves(Standing::This { joined }, Standing::This { joined: true }, action))
        }
        State::Absent => {
            if observed.part == Part::Manager && !options.force {
                return Err(Failure::new(
                    "This node can not leave the Swarm Cluster: it is a manager; make it a worker first, or set `force`",
                ));
            }
            let joined = observed.part != Part::None;
            let action = joined.then_some(Action::Leave { force: options.force });
            Ok(moves(Standing::This { joined }, Standing::This { joined: false }, action))
        }
        State::Remove => {
            if observed.part != Part::Manager {
                return Err(Failure::new("This node is not a manager."));
            }
            if observed.node.as_ref().is_some_and(|node| node.status.state != "down") {
                return Err(Failure::new("Can not remove the node. The status node is ready and not down."));
            }
            let joined = observed.node.is_some();
            let action = observed.node.as_ref().map(|node| node.id.clone());
            let action = action.map(|id| Action::RemoveNode { id, force: options.force });
            Ok(moves(Standing::Other { joined }, Standing::Other { joined: false }, action))
        }
    }
}

fn moves(before: Standing, after: Standing, action: Option<Action>) -> Plan<Standing, Action> {
    Plan { before: Some(before), after: Some(after), actions: action.into_iter().collect() }
}

fn present(options: &Options, observed: &Observed) -> Result<Plan<Standing, Action>, Failure> {
    if options.signing_ca_key.is_some() && options.signing_ca_cert.is_none() {
        return Err(Failure::new("`signing_ca_key` is of no use without `signing_ca_cert`: give both"));
    }
    let before = observed.swarm.as_ref().map(Settings::from);
    let after = before.clone().unwrap_or_default().overlaid(options);
    let action = match &observed.swarm {
        Some(swarm) if !options.force => (Some(&after) != before.as_ref()).then(|| {
            Action::Update(Box::new(Update {
                version: swarm.version.index,
                spec: after.write(swarm.spec.raw.clone(), before.as_ref()),
                signing_ca_key: options.signing_ca_key.clone(),
                rotate_worker_token: options.rotate_worker_token,
                rotate_manager_token: options.rotate_manager_token,
            }))
        }),
        _ => {
            can_be_made(observed.part)?;
            Some(Action::Init(Box::new(Init {
                listen: listen(options),
                data_path_port: options.data_path_port,
                default_addr_pool: options.default_addr_pool.clone(),
                subnet_size: options.subnet_size,
                force: options.force,
                spec: Settings::default().overlaid(options).write(json!({}), None),
                signing_ca_key: options.signing_ca_key.clone(),
            })))
        }
    };
    let [before, after] = [before, Some(after)].map(|settings| settings.map(Box::new).map(Standing::Swarm));
    Ok(Plan { before, after, actions: action.into_iter().collect() })
}

/// The engine refuses in these cases, forced or not; so check mode does.
fn can_be_made(part: Part) -> Result<(), Failure> {
    let why = match part {
        Part::None | Part::Manager => return Ok(()),
        Part::Worker => {
            "this node is a worker of a swarm; run on a manager, or let it leave first with `state: absent`"
        }
        Part::Pending => "this node is about to join a swarm; let it leave first with `state: absent`",
        Part::Locked => "this node's swarm is locked; unlock it with `docker swarm unlock`",
        Part::Error => "this node's swarm is in error, see `docker info`; let it leave first with `state: absent`",
    };
    Err(Failure::new(format!("Can not create a new Swarm Cluster: {why}")))
}

fn listen(options: &Options) -> Listen {
    Listen {
        listen_addr: options.listen_addr.clone(),
        advertise_addr: options.advertise_addr.clone(),
        data_path_addr: options.data_path_addr.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::from_value;

    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| plan(options, observed.unwrap_or(&Observed::default())),
            |observed, after| {
                let observed = observed.unwrap_or_default();
                Some(match after? {
                    // What is written is read again.
                    Standing::Swarm(settings) => Observed {
                        part: Part::Manager,
                        swarm: Some(settled(observed.swarm.unwrap_or_default(), &settings)),
                        node: None,
                    },
                    Standing::This { joined } => {
                        Observed { part: if joined { Part::Worker } else { Part::None }, ..Observed::default() }
                    }
                    Standing::Other { .. } => Observed { node: None, ..observed },
                })
            },
        );
    }

    fn settled(swarm: Swarm, settings: &Settings) -> Swarm {
        let mut spec = settings.write(swarm.spec.raw.clone(), None);
        let certificate = spec.pointer_mut("/CAConfig/SigningCACert").map(Value::take).unwrap_or_default();
        let certificate = certificate.as_str().map(str::to_owned);
        Swarm {
            spec: from_value(docker::without_nulls(&spec)).unwrap(),
            tls_info: certificate.map_or(swarm.tls_info, |trust_root| docker::swarm::TlsInfo { trust_root }),
            ..swarm
        }
    }
}

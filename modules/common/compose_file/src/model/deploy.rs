//! How a swarm deploys a service: `deploy`.

use std::collections::BTreeMap;

use crate::Error;
use crate::fields::Item;
use crate::format::nano_cpus;

/// The whole of `deploy`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deploy {
    /// What runs where.
    pub mode: Mode,
    /// How the service is reached: `vip` or `dnsrr`; empty for the default.
    pub endpoint_mode: String,
    /// The service's labels.
    pub labels: BTreeMap<String, String>,
    /// How an update goes.
    pub update: Option<UpdateConfig>,
    /// How a rollback goes.
    pub rollback: Option<UpdateConfig>,
    /// When tasks are started anew.
    pub restart: Option<RestartPolicy>,
    /// What a task may take at most.
    pub limits: Option<Limits>,
    /// What a task needs.
    pub reservations: Option<Reservations>,
    /// On which nodes.
    pub placement: Placement,
}

/// What runs where; `None` replicas leave their number to the engine, which takes 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// So many at a time.
    Replicated(Option<u64>),
    /// One on each node.
    Global,
    /// So many that end.
    ReplicatedJob(Option<u64>),
    /// One on each node, and it ends.
    GlobalJob,
}

impl Default for Mode {
    fn default() -> Self {
        Mode::Replicated(None)
    }
}

/// How an update or a rollback goes; times in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateConfig {
    /// How many tasks at once; 0 for all.
    pub parallelism: u64,
    /// Between two of them.
    pub delay: i64,
    /// `pause`, `continue` or `rollback`; empty for the default.
    pub failure_action: String,
    /// How long a new task is watched.
    pub monitor: i64,
    /// The share of tasks that may fail.
    pub max_failure_ratio: f64,
    /// `start-first` or `stop-first`; empty for the default.
    pub order: String,
}

/// When tasks are started anew; times in nanoseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RestartPolicy {
    /// `none`, `on-failure` or `any`; empty for the default.
    pub condition: String,
    /// Before the next start.
    pub delay: Option<i64>,
    /// How often.
    pub max_attempts: Option<u64>,
    /// The time in which attempts are counted.
    pub window: Option<i64>,
}

/// What a task may take at most; 0 for no limit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// Billionths of a processor.
    pub nano_cpus: i64,
    /// Bytes.
    pub memory: i64,
    /// Processes.
    pub pids: i64,
}

/// What a task needs; 0 for nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reservations {
    /// Billionths of a processor.
    pub nano_cpus: i64,
    /// Bytes.
    pub memory: i64,
    /// What nodes have by the user's definition.
    pub generic: Vec<GenericResource>,
}

/// So many of what a node has.
#[derive(Clone, Debug, PartialEq)]
pub struct GenericResource {
    /// Its kind, such as `gpu`.
    pub kind: String,
    /// How many.
    pub value: i64,
}

/// On which nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placement {
    /// Such as `node.role == manager`.
    pub constraints: Vec<String>,
    /// The labels over whose values tasks are spread.
    pub spread: Vec<String>,
    /// How many of one service on a node; 0 for any number.
    pub max_replicas: u64,
}

impl Deploy {
    pub(crate) fn read(item: &Item<'_>) -> Result<Deploy, Error> {
        let mut fields = item.fields()?;
        let replicas = fields.take("replicas");
        let count = replicas.as_ref().map(Item::count).transpose()?;
        let words = ["replicated", "global", "replicated-job", "global-job"];
        let mode = fields.read("mode", |item| item.one_of(&words))?;
        let mode = match mode.as_deref() {
            None | Some("replicated") => Mode::Replicated(count),
            Some("replicated-job") => Mode::ReplicatedJob(count),
            Some(global) => {
                if let Some(replicas) = replicas {
                    return Err(replicas.error("replicas can only be used with replicated or replicated-job mode"));
                }
                if global == "global" { Mode::Global } else { Mode::GlobalJob }
            }
        };
        let mut deploy = Deploy {
            mode,
            endpoint_mode: fields.read("endpoint_mode", endpoint_mode)?.unwrap_or_default(),
            labels: fields.read("labels", Item::texts_by_key)?.unwrap_or_default(),
            update: fields.read("update_config", UpdateConfig::read)?,
            rollback: fields.read("rollback_config", UpdateConfig::read)?,
            restart: fields.read("restart_policy", RestartPolicy::read)?,
            placement: fields.read("placement", Placement::read)?.unwrap_or_default(),
            ..Deploy::default()
        };
        if let Some(resources) = fields.take("resources") {
            let mut fields = resources.fields()?;
            deploy.limits = fields.read("limits", Limits::read)?;
            deploy.reservations = fields.read("reservations", Reservations::read)?;
            fields.end(&[])?;
        }
        fields.end(&[])?;
        Ok(deploy)
    }
}

fn endpoint_mode(item: &Item<'_>) -> Result<String, Error> {
    let mode = item.text()?.to_ascii_lowercase();
    if ["vip", "dnsrr"].contains(&mode.as_str()) { Ok(mode) } else { item.one_of(&["vip", "dnsrr"]) }
}

impl UpdateConfig {
    fn read(item: &Item<'_>) -> Result<UpdateConfig, Error> {
        let mut fields = item.fields()?;
        let config = UpdateConfig {
            parallelism: fields.read("parallelism", Item::count)?.unwrap_or(1),
            delay: fields.read("delay", Item::duration)?.unwrap_or(0),
            failure_action: fields
                .read("failure_action", |item| item.one_of(&["pause", "continue", "rollback"]))?
                .unwrap_or_default(),
            monitor: fields.read("monitor", Item::duration)?.unwrap_or(0),
            max_failure_ratio: fields.read("max_failure_ratio", Item::number)?.unwrap_or(0.0),
            order: fields.read("order", |item| item.one_of(&["start-first", "stop-first"]))?.unwrap_or_default(),
        };
        fields.end(&[])?;
        Ok(config)
    }
}

impl RestartPolicy {
    fn read(item: &Item<'_>) -> Result<RestartPolicy, Error> {
        let mut fields = item.fields()?;
        let policy = RestartPolicy {
            condition: fields
                .read("condition", |item| item.one_of(&["none", "on-failure", "any"]))?
                .unwrap_or_default(),
            delay: fields.read("delay", Item::duration)?,
            max_attempts: fields.read("max_attempts", Item::count)?,
            window: fields.read("window", Item::duration)?,
        };
        fields.end(&[])?;
        Ok(policy)
    }

    /// The service's older `restart`, which counts where `deploy.restart_policy` is not.
    pub(crate) fn from_restart(item: &Item<'_>) -> Result<Option<RestartPolicy>, Error> {
        let text = item.text()?;
        let (word, attempts) = match text.split_once(':') {
            Some((word, count)) => {
                let count =
                    count.parse::<u64>().map_err(|_| item.error(format!("{count:?} is no number of attempts")))?;
                (word, Some(count).filter(|count| *count > 0))
            }
            None => (text.as_str(), None),
        };
        let condition = match word {
            "no" | "false" | "" => return Ok(None),
            "always" | "unless-stopped" => "any",
            "on-failure" => "on-failure",
            word => {
                return Err(item.error(format!(
                    "unknown policy {word:?}: it must be one of no, always, on-failure, unless-stopped"
                )));
            }
        };
        Ok(Some(RestartPolicy { condition: condition.to_owned(), max_attempts: attempts, ..RestartPolicy::default() }))
    }
}

fn cpus(item: &Item<'_>) -> Result<i64, Error> {
    let text = item.text()?;
    nano_cpus(&text).ok_or_else(|| item.error(format!("{text:?} is no number of processors, such as 0.5")))
}

impl Limits {
    fn read(item: &Item<'_>) -> Result<Limits, Error> {
        let mut fields = item.fields()?;
        let limits = Limits {
            nano_cpus: fields.read("cpus", cpus)?.unwrap_or(0),
            memory: fields.read("memory", Item::size)?.unwrap_or(0),
            pids: fields.read("pids", Item::integer)?.unwrap_or(0),
        };
        fields.end(&[])?;
        Ok(limits)
    }
}

impl Reservations {
    fn read(item: &Item<'_>) -> Result<Reservations, Error> {
        let mut fields = item.fields()?;
        let reservations = Reservations {
            nano_cpus: fields.read("cpus", cpus)?.unwrap_or(0),
            memory: fields.read("memory", Item::size)?.unwrap_or(0),
            generic: match fields.take("generic_resources") {
                Some(list) => list.items()?.iter().map(GenericResource::read).collect::<Result<_, _>>()?,
                None => Vec::new(),
            },
        };
        fields.end(&[(
            "devices",
            "a swarm knows no device requests: name the devices in the nodes' daemon.json (`node-generic-resources`) and \
             ask for them with `generic_resources`",
        )])?;
        Ok(reservations)
    }
}

impl GenericResource {
    fn read(item: &Item<'_>) -> Result<GenericResource, Error> {
        let mut fields = item.fields()?;
        let spec = fields.take("discrete_resource_spec");
        fields.end(&[])?;
        let spec = spec.ok_or_else(|| item.error("`discrete_resource_spec` is missing"))?;
        let mut fields = spec.fields()?;
        let kind = fields.read("kind", Item::text)?.ok_or_else(|| spec.error("`kind` is missing"))?;
        let value = fields.read("value", Item::integer)?.ok_or_else(|| spec.error("`value` is missing"))?;
        fields.end(&[])?;
        Ok(GenericResource { kind, value })
    }
}

impl Placement {
    fn read(item: &Item<'_>) -> Result<Placement, Error> {
        let mut fields = item.fields()?;
        let spread = |list: &Item<'_>| {
            let one = |item: &Item<'_>| {
                let mut fields = item.fields()?;
                let spread = fields.read("spread", Item::text)?.ok_or_else(|| item.error("`spread` is missing"))?;
                fields.end(&[])?;
                Ok(spread)
            };
            list.items()?.iter().map(one).collect::<Result<Vec<_>, Error>>()
        };
        let placement = Placement {
            constraints: fields.read("constraints", Item::texts)?.unwrap_or_default(),
            spread: fields.read("preferences", spread)?.unwrap_or_default(),
            max_replicas: fields.read("max_replicas_per_node", Item::count)?.unwrap_or(0),
        };
        fields.end(&[])?;
        Ok(placement)
    }
}

//! The options of `docker_swarm_service`.

pub mod mounts;
pub mod networks;
mod process;
mod rollout;

use std::collections::{BTreeMap, BTreeSet};

use ansible::Failure;
use docker::ApiVersion;
use docker_module::{Duration, Env, HealthTest, Labels, Size, Text};
use serde::Deserialize;

use self::mounts::MountOption;
use self::networks::NetworkOption;
use self::process::{Command, Variables};
use self::rollout::{RestartConfig, RollbackConfig, UpdateConfig};

/// How the peer leads its messages on how options are written, which plays match on.
pub const PARSING: &str = "Error parsing module parameters: ";

#[derive(Debug, Deserialize)]
pub struct Options {
    pub name: String,
    pub state: State,
    pub image: Option<String>,
    pub resolve_image: bool,
    pub force_update: bool,
    pub unnamed_options: UnnamedOptions,

    // The process
    command: Option<Command>,
    args: Option<Vec<String>>,
    pub command_as_args: bool,
    pub env: Option<Variables>,
    pub env_files: Option<Vec<String>>,
    pub user: Option<String>,
    pub groups: Option<BTreeSet<String>>,
    pub working_dir: Option<String>,
    pub hostname: Option<String>,
    pub tty: Option<bool>,
    pub init: Option<bool>,
    pub read_only: Option<bool>,
    pub stop_signal: Option<String>,
    pub stop_grace_period: Option<Duration>,
    pub healthcheck: Option<Healthcheck>,
    pub labels: Option<Labels>,
    pub container_labels: Option<Labels>,
    pub cap_add: Option<BTreeSet<String>>,
    pub cap_drop: Option<BTreeSet<String>>,
    pub sysctls: Option<BTreeMap<String, Text>>,
    pub logging: Option<Logging>,

    // What it is given
    pub configs: Option<Vec<ConfigOption>>,
    pub secrets: Option<Vec<SecretOption>>,
    pub mounts: Option<Vec<MountOption>>,
    pub limits: Option<Resources>,
    pub reservations: Option<Resources>,

    // How it is reached
    pub networks: Option<Vec<NetworkOption>>,
    pub publish: Option<Vec<PublishOption>>,
    pub endpoint_mode: Option<EndpointMode>,
    pub dns: Option<Vec<String>>,
    pub dns_search: Option<Vec<String>>,
    pub dns_options: Option<BTreeSet<String>>,
    pub hosts: Option<BTreeMap<String, Text>>,

    // How many there are, where, and how they change
    pub mode: Mode,
    replicas: i64,
    pub placement: Option<Placement>,
    pub restart_config: Option<RestartConfig>,
    pub update_config: Option<UpdateConfig>,
    pub rollback_config: Option<RollbackConfig>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Present,
    Absent,
}

/// What becomes of that which the task does not name, when the service changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnnamedOptions {
    Reset,
    Keep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    Replicated,
    Global,
    ReplicatedJob,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndpointMode {
    Vip,
    Dnsrr,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Healthcheck {
    pub test: Option<HealthTest>,
    pub interval: Option<Duration>,
    pub timeout: Option<Duration>,
    pub start_period: Option<Duration>,
    pub retries: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Logging {
    pub driver: Option<String>,
    pub options: Option<BTreeMap<String, Text>>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ConfigOption {
    pub config_id: Option<String>,
    pub config_name: String,
    pub filename: Option<String>,
    pub uid: Option<String>,
    pub gid: Option<String>,
    pub mode: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct SecretOption {
    pub secret_id: Option<String>,
    pub secret_name: String,
    pub filename: Option<String>,
    pub uid: Option<String>,
    pub gid: Option<String>,
    pub mode: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Resources {
    pub cpus: Option<f64>,
    pub memory: Option<Size>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct PublishOption {
    pub published_port: Option<PortNumber>,
    pub target_port: PortNumber,
    pub protocol: Protocol,
    pub mode: Option<PublishMode>,
}

/// 0, where it may stand, leaves the choice to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct PortNumber(pub u16);

impl TryFrom<i64> for PortNumber {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        u16::try_from(number).map(PortNumber).map_err(|_| format!("{number} is no port: give 1 to 65535"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Tcp,
    Udp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PublishMode {
    Ingress,
    Host,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Placement {
    pub constraints: Option<BTreeSet<String>>,
    pub preferences: Option<Vec<BTreeMap<String, String>>>,
    pub replicas_max_per_node: Option<i64>,
}

impl Options {
    /// How many replicas; `None`: as many as there are.
    pub fn replicas(&self) -> Option<i64> {
        (self.replicas != -1).then_some(self.replicas)
    }

    /// The used options that not every engine knows, with the API that each needs. Older engines take and forget them.
    pub fn api_needs(&self) -> Vec<(&'static str, ApiVersion)> {
        let newer = ApiVersion::new(1, 41);
        let needs = [
            self.cap_add.as_ref().map(|_| ("cap_add", newer)),
            self.cap_drop.as_ref().map(|_| ("cap_drop", newer)),
            (self.mode == Mode::ReplicatedJob).then_some(("mode", newer)),
        ];
        needs.into_iter().flatten().collect()
    }

    /// Adds the variables of `env_files`, the last of which has its way, to `env`, which has the last word.
    ///
    /// # Errors
    /// A file can't be read.
    pub fn read_env_files(&mut self) -> Result<(), Failure> {
        let Some(paths) = &self.env_files else { return Ok(()) };
        let mut variables = BTreeMap::new();
        for path in paths {
            variables.extend(Env::from_file("env_files", path)?.0);
        }
        variables.extend(self.env.take().unwrap_or_default().0);
        self.env = Some(Variables(variables));
        Ok(())
    }
}

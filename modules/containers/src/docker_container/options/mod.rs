//! The options of `docker_container`.

pub mod devices;
mod links;
mod logging;
pub mod mounts;
pub mod networks;
pub mod ports;
mod process;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use docker::ApiVersion;
use docker_module::{Env, Labels, Size, SizeOrUnlimited, Text};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use self::devices::{DeviceOps, DeviceRequest, DeviceSpeed};
use self::links::Links;
use self::logging::LogOptions;
use self::mounts::{Mounts, Tmpfs, Volumes};
use self::networks::Network;
use self::ports::{ExposedPorts, PublishedPorts};
use self::process::{Command, Devices, Healthcheck, Ulimits};

#[derive(Clone, Debug, Deserialize)]
pub struct Options {
    /// Without the slash that the engine writes before it.
    #[serde(deserialize_with = "bare_name")]
    pub name: String,
    pub state: State,
    pub image: Option<String>,
    pub image_comparison: ImageComparison,
    pub image_name_mismatch: ImageNameMismatch,
    pub image_label_mismatch: ImageLabelMismatch,
    pub pull: Pull,
    pub pull_check_mode_behavior: PullCheckModeBehavior,
    pub platform: Option<String>,
    #[serde(default)]
    pub comparisons: BTreeMap<String, Comparison>,
    pub recreate: bool,
    pub safe_replace: bool,
    pub restart: bool,
    pub paused: Option<bool>,
    pub force_kill: bool,
    pub kill_signal: Option<String>,
    pub keep_volumes: bool,
    pub cleanup: bool,
    pub output_logs: bool,
    pub debug: bool,
    container_default_behavior: DefaultBehavior,
    pub healthy_wait_timeout: Option<f64>,
    pub removal_wait_timeout: Option<f64>,

    // The process
    command: Option<Command>,
    command_handling: CommandHandling,
    entrypoint: Option<Vec<Text>>,
    pub env: Option<Env>,
    pub env_file: Option<String>,
    pub labels: Option<Labels>,
    pub user: Option<String>,
    pub working_dir: Option<String>,
    pub hostname: Option<String>,
    pub domainname: Option<String>,
    pub interactive: Option<bool>,
    pub detach: Option<bool>,
    pub tty: Option<bool>,
    pub init: Option<bool>,
    pub stop_signal: Option<String>,
    pub stop_timeout: Option<i64>,
    pub healthcheck: Option<Healthcheck>,

    // Restarts and logs
    pub restart_policy: Option<RestartPolicy>,
    pub restart_retries: Option<i64>,
    pub log_driver: Option<String>,
    pub log_options: Option<LogOptions>,

    // Limits
    pub blkio_weight: Option<i64>,
    pub cpu_period: Option<i64>,
    pub cpu_quota: Option<i64>,
    pub cpu_shares: Option<i64>,
    pub cpus: Option<f64>,
    pub cpuset_cpus: Option<String>,
    pub cpuset_mems: Option<String>,
    pub kernel_memory: Option<Size>,
    pub memory: Option<Size>,
    pub memory_reservation: Option<Size>,
    pub memory_swap: Option<SizeOrUnlimited>,
    pub memory_swappiness: Option<i64>,
    pub oom_killer: Option<bool>,
    pub oom_score_adj: Option<i64>,
    pub pids_limit: Option<i64>,
    pub shm_size: Option<Size>,
    pub ulimits: Option<Ulimits>,

    // Isolation
    pub auto_remove: Option<bool>,
    pub capabilities: Option<BTreeSet<String>>,
    pub cap_drop: Option<BTreeSet<String>>,
    pub cgroup_parent: Option<String>,
    pub cgroupns_mode: Option<String>,
    pub groups: Option<BTreeSet<String>>,
    pub ipc_mode: Option<String>,
    pub pid_mode: Option<String>,
    pub privileged: Option<bool>,
    pub read_only: Option<bool>,
    pub runtime: Option<String>,
    pub security_opts: Option<BTreeSet<String>>,
    pub sysctls: Option<BTreeMap<String, Text>>,
    pub userns_mode: Option<String>,
    pub uts: Option<String>,

    // Devices
    pub devices: Option<Devices>,
    pub device_cgroup_rules: Option<Vec<String>>,
    pub device_read_bps: Option<Vec<DeviceSpeed>>,
    pub device_write_bps: Option<Vec<DeviceSpeed>>,
    pub device_read_iops: Option<Vec<DeviceOps>>,
    pub device_write_iops: Option<Vec<DeviceOps>>,
    pub device_requests: Option<Vec<DeviceRequest>>,

    // Storage
    pub mounts: Option<Mounts>,
    pub volumes: Option<Volumes>,
    pub tmpfs: Option<Tmpfs>,
    pub volumes_from: Option<BTreeSet<String>>,
    pub volume_driver: Option<String>,
    pub storage_opts: Option<BTreeMap<String, Text>>,

    // Network
    pub published_ports: Option<PublishedPorts>,
    pub exposed_ports: Option<ExposedPorts>,
    pub publish_all_ports: Option<bool>,
    pub default_host_ip: Option<String>,
    network_mode: Option<String>,
    pub networks: Option<Vec<Network>>,
    pub networks_cli_compatible: bool,
    pub links: Option<Links>,
    mac_address: Option<String>,
    pub dns_servers: Option<Vec<String>>,
    pub dns_opts: Option<BTreeSet<String>>,
    pub dns_search_domains: Option<Vec<String>>,
    pub etc_hosts: Option<BTreeMap<String, Text>>,
}

impl Options {
    /// The network that the container starts in. As the docker CLI does it, the first of `networks` if none is named.
    pub fn network_mode(&self) -> Option<&str> {
        let first =
            self.networks.as_ref().filter(|_| self.networks_cli_compatible).and_then(|networks| networks.first());
        self.network_mode.as_deref().filter(|mode| !mode.is_empty()).or(first.map(|network| network.name.as_str()))
    }

    /// Whether a container that is replaced is kept until the new one has started well. A job has no such moment.
    pub fn keeps_the_old(&self) -> bool {
        self.safe_replace && self.detach != Some(false)
    }

    /// As the engine writes it.
    pub fn mac_address(&self) -> Option<String> {
        self.mac_address.as_deref().map(networks::canonical_mac)
    }

    /// The used options that not every engine knows, with the API that each needs. Older engines take and forget them.
    pub fn api_needs(&self) -> Vec<(&'static str, ApiVersion)> {
        let start_interval = self.healthcheck.as_ref().and_then(|check| check.start_interval);
        let mac_address = self.networks.iter().flatten().find_map(Network::mac_address);
        let gw_priority = self.networks.iter().flatten().find_map(|network| network.gw_priority);
        let needs = [
            start_interval.map(|_| ("healthcheck.start_interval", ApiVersion::new(1, 44))),
            mac_address.map(|_| ("networks.mac_address", ApiVersion::new(1, 44))),
            gw_priority.map(|_| ("networks.gw_priority", ApiVersion::new(1, 48))),
        ];
        needs.into_iter().flatten().collect()
    }

    /// What the user should know of how the options were read.
    pub fn warnings(&self) -> Vec<String> {
        self.log_options.iter().flat_map(LogOptions::warnings).collect()
    }

    /// Fills in the defaults that the peer's options had before its version 2, where the user asks for them.
    pub fn fill_in_defaults(&mut self) {
        if self.container_default_behavior == DefaultBehavior::NoDefaults {
            return;
        }
        for option in [
            &mut self.auto_remove,
            &mut self.init,
            &mut self.interactive,
            &mut self.paused,
            &mut self.privileged,
            &mut self.read_only,
            &mut self.tty,
        ] {
            option.get_or_insert(false);
        }
        self.detach.get_or_insert(true);
        self.memory.get_or_insert(Size(0));
    }

    /// The names of the containers whose namespaces are to be shared: `container:NAME`.
    pub fn container_references(&self) -> impl Iterator<Item = &str> {
        let modes = [&self.network_mode, &self.ipc_mode, &self.pid_mode].into_iter().flatten();
        modes.filter_map(|mode| mode.strip_prefix("container:"))
    }

    /// The same options, with what they name replaced by what it is on the target.
    #[must_use]
    pub fn on(&self, target: &Target) -> Options {
        let mut options = self.clone();
        for mode in [&mut options.network_mode, &mut options.ipc_mode, &mut options.pid_mode].into_iter().flatten() {
            if let Some(id) = mode.strip_prefix("container:").and_then(|name| target.containers.get(name)) {
                *mode = format!("container:{id}");
            }
        }
        if options.env_file.is_some() {
            // The task's own variables have the last word.
            let own = options.env.take().unwrap_or_default().0;
            options.env = Some(Env(target.env_file.clone().into_iter().chain(own).collect()));
        }
        if let Some(volumes) = &mut options.volumes {
            *volumes = volumes.below(target);
        }
        options
    }

    /// Whether a comparison needs to know what the image brings. Otherwise it need not be read.
    pub fn looks_at_the_image(&self) -> bool {
        let strict = self.comparisons.values().any(|mode| *mode == Comparison::Strict);
        let empty = |text: &Option<String>| text.as_deref() == Some("");
        strict
            || self.command().is_some_and(|command| command.is_empty())
            || empty(&self.user)
            || empty(&self.working_dir)
    }
}

/// What the target knows that options speak of by name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Target {
    /// The IDs of containers, by the names that the options have for them.
    pub containers: BTreeMap<String, String>,
    /// The variables of `env_file`.
    pub env_file: BTreeMap<String, String>,
    /// The user's home folder.
    pub home: Option<String>,
    /// The folder that we run in.
    pub folder: PathBuf,
}

fn bare_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.strip_prefix('/').unwrap_or(&text) {
        "" => Err(D::Error::custom("it is empty: give the container's name")),
        name => Ok(name.to_owned()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Absent,
    Present,
    Healthy,
    Stopped,
    Started,
}

/// How a wish compares with what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// The difference does not count.
    Ignore,
    /// It must be just that.
    Strict,
    /// What is there beyond the wish may stay.
    AllowMorePresent,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageComparison {
    DesiredImage,
    CurrentImage,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageNameMismatch {
    Recreate,
    Ignore,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageLabelMismatch {
    Ignore,
    Fail,
}

/// What check mode says of a pull that may bring another image under the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullCheckModeBehavior {
    /// That it brings none.
    ImageNotPresent,
    /// That it does.
    Always,
    /// What the registry says.
    Newer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DefaultBehavior {
    Compatibility,
    NoDefaults,
}

/// `true` and `false` are old words for `always` and `missing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "PullOption")]
pub enum Pull {
    Never,
    Missing,
    Always,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PullOption {
    Old(bool),
    New(PullWord),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum PullWord {
    Never,
    Missing,
    Always,
}

impl From<PullOption> for Pull {
    fn from(option: PullOption) -> Self {
        match option {
            PullOption::Old(true) | PullOption::New(PullWord::Always) => Pull::Always,
            PullOption::Old(false) | PullOption::New(PullWord::Missing) => Pull::Missing,
            PullOption::New(PullWord::Never) => Pull::Never,
        }
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CommandHandling {
    Compatibility,
    Correct,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    No,
    OnFailure,
    Always,
    UnlessStopped,
}

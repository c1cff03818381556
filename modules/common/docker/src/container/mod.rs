//! Containers: `GET /containers/{id}/json`.

mod find;
mod mount;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::mount::{BindOptions, DriverConfig, ImageOptions, Mount, TmpfsOptions, VolumeOptions};

/// What plans read of a container. Nulls are taken out before (see [`crate::Inspected::new`]), so that every field defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Container {
    /// Its ID, 64 hexadecimal digits.
    pub id: String,
    /// Its name, with the engine's leading `/`.
    pub name: String,
    /// The ID of the image it was made from.
    pub image: String,
    /// `linux`, `windows`.
    pub platform: String,
    /// What it is doing.
    pub state: ContainerState,
    /// What its image and its user gave the process.
    pub config: ContainerConfig,
    /// What the host gives it.
    pub host_config: HostConfig,
    /// Where it is connected.
    pub network_settings: NetworkSettings,
}

/// What a container is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct ContainerState {
    /// `created`, `running`, `paused`, `restarting`, `removing`, `exited`, `dead`.
    pub status: String,
    pub running: bool,
    pub paused: bool,
    pub restarting: bool,
    #[serde(rename = "OOMKilled")]
    pub oom_killed: bool,
    pub exit_code: i64,
    pub error: String,
    pub health: Option<Health>,
}

/// The health check's last word.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct Health {
    /// `none`, `starting`, `healthy`, `unhealthy`.
    pub status: String,
    pub failing_streak: i64,
    /// Its last answers, the oldest first.
    pub log: Vec<HealthAnswer>,
}

/// What a health check said once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct HealthAnswer {
    /// 0: content; -1: it took too long.
    pub exit_code: i64,
    pub output: String,
}

/// The `Config` of a container or an image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct ContainerConfig {
    pub hostname: String,
    pub domainname: String,
    pub user: String,
    pub attach_stdout: bool,
    pub attach_stderr: bool,
    /// `80/tcp`, each with an empty object.
    pub exposed_ports: BTreeMap<String, Value>,
    pub tty: bool,
    pub open_stdin: bool,
    /// `NAME=value`
    pub env: Vec<String>,
    pub cmd: Option<Vec<String>>,
    pub healthcheck: Option<Healthcheck>,
    /// The image as the creator named it.
    pub image: String,
    /// Anonymous volumes: mount points, each with an empty object.
    pub volumes: BTreeMap<String, Value>,
    pub working_dir: String,
    pub entrypoint: Option<Vec<String>>,
    pub labels: BTreeMap<String, String>,
    pub stop_signal: Option<String>,
    /// Seconds.
    pub stop_timeout: Option<i64>,
    pub mac_address: String,
}

/// A health check; durations in nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct Healthcheck {
    pub test: Vec<String>,
    pub interval: Option<i64>,
    pub timeout: Option<i64>,
    pub start_period: Option<i64>,
    pub start_interval: Option<i64>,
    pub retries: Option<i64>,
}

/// The `HostConfig` of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct HostConfig {
    pub auto_remove: bool,
    /// `source:target:mode`
    pub binds: Vec<String>,
    pub blkio_device_read_bps: Vec<DeviceRate>,
    pub blkio_device_write_bps: Vec<DeviceRate>,
    #[serde(rename = "BlkioDeviceReadIOps")]
    pub blkio_device_read_iops: Vec<DeviceRate>,
    #[serde(rename = "BlkioDeviceWriteIOps")]
    pub blkio_device_write_iops: Vec<DeviceRate>,
    pub blkio_weight: i64,
    pub cap_add: Vec<String>,
    pub cap_drop: Vec<String>,
    pub cgroup_parent: String,
    pub cgroupns_mode: String,
    pub cpu_period: i64,
    pub cpu_quota: i64,
    pub cpu_shares: i64,
    pub cpuset_cpus: String,
    pub cpuset_mems: String,
    pub device_cgroup_rules: Vec<String>,
    pub device_requests: Vec<DeviceRequest>,
    pub devices: Vec<Device>,
    pub dns: Vec<String>,
    pub dns_options: Vec<String>,
    pub dns_search: Vec<String>,
    pub extra_hosts: Vec<String>,
    pub group_add: Vec<String>,
    pub init: Option<bool>,
    pub ipc_mode: String,
    pub kernel_memory: i64,
    /// `/other:/this/alias`
    pub links: Vec<String>,
    pub log_config: LogConfig,
    /// Bytes.
    pub memory: i64,
    pub memory_reservation: i64,
    pub memory_swap: i64,
    pub memory_swappiness: Option<i64>,
    pub mounts: Vec<Mount>,
    /// Billionths of a CPU.
    pub nano_cpus: i64,
    pub network_mode: String,
    pub oom_kill_disable: Option<bool>,
    pub oom_score_adj: i64,
    pub pid_mode: String,
    pub pids_limit: Option<i64>,
    pub port_bindings: BTreeMap<String, Vec<PortBinding>>,
    pub privileged: bool,
    pub publish_all_ports: bool,
    pub readonly_rootfs: bool,
    pub restart_policy: RestartPolicy,
    pub runtime: String,
    pub security_opt: Vec<String>,
    pub shm_size: i64,
    pub storage_opt: BTreeMap<String, String>,
    pub sysctls: BTreeMap<String, String>,
    pub tmpfs: BTreeMap<String, String>,
    #[serde(rename = "UTSMode")]
    pub uts_mode: String,
    pub ulimits: BTreeSet<Ulimit>,
    pub userns_mode: String,
    pub volume_driver: String,
    pub volumes_from: Vec<String>,
}

/// Where a container's port is published.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PortBinding {
    /// The host's address; empty: every address.
    pub host_ip: String,
    /// The host's port; empty: any free one.
    pub host_port: String,
}

/// What happens when the process ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct RestartPolicy {
    /// `no` (or empty), `on-failure`, `always`, `unless-stopped`.
    pub name: String,
    pub maximum_retry_count: i64,
}

/// Where the output goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct LogConfig {
    #[serde(rename = "Type")]
    pub driver: String,
    pub config: BTreeMap<String, String>,
}

/// A device of the host in the container.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct Device {
    pub path_on_host: String,
    pub path_in_container: String,
    /// Of `rwm`.
    pub cgroup_permissions: String,
}

/// Devices that a driver chooses.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct DeviceRequest {
    pub driver: String,
    /// -1: all.
    pub count: i64,
    #[serde(rename = "DeviceIDs")]
    pub device_ids: Vec<String>,
    /// Lists of which one must be met as a whole.
    pub capabilities: Vec<Vec<String>>,
    pub options: BTreeMap<String, String>,
}

/// A device's limit, in bytes or operations a second.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct DeviceRate {
    pub path: String,
    pub rate: i64,
}

/// A resource limit, as `setrlimit(2)` knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct Ulimit {
    pub name: String,
    pub soft: i64,
    pub hard: i64,
}

/// The networks that a container is connected to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NetworkSettings {
    /// By the network's name.
    pub networks: BTreeMap<String, Endpoint>,
}

/// A container's place in a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct Endpoint {
    #[serde(rename = "IPAMConfig")]
    pub ipam_config: EndpointIpam,
    pub links: Vec<String>,
    pub aliases: Vec<String>,
    #[serde(rename = "NetworkID")]
    pub network_id: String,
    pub mac_address: String,
    pub driver_opts: BTreeMap<String, String>,
    pub gw_priority: i64,
}

/// The addresses that the user asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct EndpointIpam {
    #[serde(rename = "IPv4Address")]
    pub ipv4_address: String,
    #[serde(rename = "IPv6Address")]
    pub ipv6_address: String,
}

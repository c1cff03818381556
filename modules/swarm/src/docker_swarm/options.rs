//! The options of `docker_swarm`.

use ansible::Secret;
use docker_module::Labels;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub state: State,
    pub force: bool,

    // Where the node listens
    pub advertise_addr: Option<String>,
    pub listen_addr: String,
    pub data_path_addr: Option<String>,
    pub data_path_port: Option<u32>,
    pub default_addr_pool: Option<Vec<String>>,
    pub subnet_size: Option<u32>,

    // Whom it joins, and who goes
    pub remote_addrs: Option<Vec<String>>,
    pub join_token: Option<Secret>,
    pub node_id: Option<String>,

    // How the swarm is set up
    pub name: Option<String>,
    pub labels: Option<Labels>,
    pub task_history_retention_limit: Option<i64>,
    pub snapshot_interval: Option<i64>,
    pub keep_old_snapshots: Option<i64>,
    pub log_entries_for_slow_followers: Option<i64>,
    pub heartbeat_tick: Option<i64>,
    pub election_tick: Option<i64>,
    pub dispatcher_heartbeat_period: Option<i64>,
    pub node_cert_expiry: Option<i64>,
    pub autolock_managers: Option<bool>,
    pub ca_force_rotate: Option<i64>,
    pub signing_ca_cert: Option<String>,
    pub signing_ca_key: Option<Secret>,
    pub rotate_worker_token: bool,
    pub rotate_manager_token: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Present,
    Join,
    Absent,
    Remove,
}

//! How a swarm is set up, in the words of the options, and how that is written for the engine.

use std::collections::BTreeMap;

use docker::Swarm;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::options::Options;

/// `None`: the engine's default, or not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Settings {
    name: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    task_history_retention_limit: Option<i64>,
    snapshot_interval: Option<i64>,
    keep_old_snapshots: Option<i64>,
    log_entries_for_slow_followers: Option<i64>,
    heartbeat_tick: Option<i64>,
    election_tick: Option<i64>,
    dispatcher_heartbeat_period: Option<i64>,
    node_cert_expiry: Option<i64>,
    pub autolock_managers: Option<bool>,
    ca_force_rotate: Option<i64>,
    /// That of the authority that signs now, before and after.
    signing_ca_cert: Option<String>,
    /// Always false before.
    rotate_worker_token: Option<bool>,
    rotate_manager_token: Option<bool>,
}

impl From<&Swarm> for Settings {
    fn from(swarm: &Swarm) -> Self {
        let spec = &swarm.spec.typed;
        Settings {
            name: Some(spec.name.clone()),
            labels: Some(spec.labels.clone()),
            task_history_retention_limit: Some(spec.orchestration.task_history_retention_limit),
            snapshot_interval: Some(spec.raft.snapshot_interval),
            keep_old_snapshots: Some(spec.raft.keep_old_snapshots),
            log_entries_for_slow_followers: Some(spec.raft.log_entries_for_slow_followers),
            heartbeat_tick: Some(spec.raft.heartbeat_tick),
            election_tick: Some(spec.raft.election_tick),
            dispatcher_heartbeat_period: Some(spec.dispatcher.heartbeat_period),
            node_cert_expiry: Some(spec.ca_config.node_cert_expiry),
            autolock_managers: Some(spec.encryption_config.auto_lock_managers),
            ca_force_rotate: Some(spec.ca_config.force_rotate),
            signing_ca_cert: Some(swarm.tls_info.trust_root.trim().to_owned()),
            rotate_worker_token: Some(false),
            rotate_manager_token: Some(false),
        }
    }
}

impl Settings {
    /// Lays the user's wishes over them.
    #[must_use]
    pub fn overlaid(self, wish: &Options) -> Self {
        Settings {
            name: wish.name.clone().or(self.name),
            labels: wish.labels.clone().map(|labels| labels.0).or(self.labels),
            task_history_retention_limit: wish.task_history_retention_limit.or(self.task_history_retention_limit),
            snapshot_interval: wish.snapshot_interval.or(self.snapshot_interval),
            keep_old_snapshots: wish.keep_old_snapshots.or(self.keep_old_snapshots),
            log_entries_for_slow_followers: wish.log_entries_for_slow_followers.or(self.log_entries_for_slow_followers),
            heartbeat_tick: wish.heartbeat_tick.or(self.heartbeat_tick),
            election_tick: wish.election_tick.or(self.election_tick),
            dispatcher_heartbeat_period: wish.dispatcher_heartbeat_period.or(self.dispatcher_heartbeat_period),
            node_cert_expiry: wish.node_cert_expiry.or(self.node_cert_expiry),
            autolock_managers: wish.autolock_managers.or(self.autolock_managers),
            ca_force_rotate: wish.ca_force_rotate.or(self.ca_force_rotate),
            signing_ca_cert: wish.signing_ca_cert.as_deref().map(|pem| pem.trim().to_owned()).or(self.signing_ca_cert),
            rotate_worker_token: Some(wish.rotate_worker_token),
            rotate_manager_token: Some(wish.rotate_manager_token),
        }
    }

    /// The body for the engine: `spec` is what is there (an empty object for nothing), of which what we don't know stays.
    /// The certificate is written only where it is another one than in `before`, since the engine wants its key with it.
    pub fn write(&self, mut spec: Value, before: Option<&Settings>) -> Value {
        let certificate = self.signing_ca_cert.as_ref();
        let certificate =
            certificate.filter(|pem| before.and_then(|before| before.signing_ca_cert.as_ref()) != Some(pem));
        for (path, value) in [
            (&["Name"][..], json!(self.name)),
            (&["Labels"], json!(self.labels)),
            (&["Orchestration", "TaskHistoryRetentionLimit"], json!(self.task_history_retention_limit)),
            (&["Raft", "SnapshotInterval"], json!(self.snapshot_interval)),
            (&["Raft", "KeepOldSnapshots"], json!(self.keep_old_snapshots)),
            (&["Raft", "LogEntriesForSlowFollowers"], json!(self.log_entries_for_slow_followers)),
            (&["Raft", "HeartbeatTick"], json!(self.heartbeat_tick)),
            (&["Raft", "ElectionTick"], json!(self.election_tick)),
            (&["Dispatcher", "HeartbeatPeriod"], json!(self.dispatcher_heartbeat_period)),
            (&["CAConfig", "NodeCertExpiry"], json!(self.node_cert_expiry)),
            (&["CAConfig", "ForceRotate"], json!(self.ca_force_rotate)),
            (&["CAConfig", "SigningCACert"], json!(certificate)),
            (&["EncryptionConfig", "AutoLockManagers"], json!(self.autolock_managers)),
        ] {
            if !value.is_null() {
                put(&mut spec, path, value);
            }
        }
        spec
    }
}

/// Writes `value` at `path`, making the objects on the way.
fn put(spec: &mut Value, path: &[&str], value: Value) {
    let Some((name, rest)) = path.split_first() else {
        *spec = value;
        return;
    };
    if !spec.is_object() {
        *spec = Value::Object(Map::new());
    }
    put(&mut spec[*name], rest, value);
}

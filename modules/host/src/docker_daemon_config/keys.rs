//! What each key of `daemon.json` needs, and what no version takes.
//!
//! Source: the documentation of dockerd and of deprecated features; the tests hold it against real engines.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What makes the engine take a changed key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Needs {
    Nothing,
    Reload,
    Restart,
}

/// Keys that SIGHUP makes the engine read, and whether it also notices that one is gone; else it keeps the old value.
const RELOADED: [(&str, bool); 18] = [
    ("allow-nondistributable-artifacts", false),
    ("authorization-plugins", false),
    ("debug", false),
    ("default-cgroupns-mode", false),
    ("default-ipc-mode", false),
    ("default-runtime", false),
    ("default-shm-size", false),
    ("features", true),
    ("insecure-registries", false),
    ("labels", false),
    ("live-restore", false),
    ("max-concurrent-downloads", true),
    ("max-concurrent-uploads", true),
    ("max-download-attempts", true),
    ("network-diagnostic-port", true),
    ("registry-mirrors", false),
    ("runtimes", false),
    ("shutdown-timeout", false),
];

/// What a change of `key` needs; `gone`: it is taken away.
pub fn needs(key: &str, gone: bool) -> Needs {
    match RELOADED.iter().find(|(known, _)| *known == key) {
        Some((_, notices)) if !gone || *notices => Needs::Reload,
        _ => Needs::Restart,
    }
}

/// Keys that a version has no more: since which, and what to do.
const REMOVED: [(&str, u32, &str); 7] = [
    ("api-cors-header", 28, "put a reverse proxy before the engine"),
    ("cluster-advertise", 23, "use swarm mode, whose overlay networks need no store"),
    ("cluster-store", 23, "use swarm mode, whose overlay networks need no store"),
    ("cluster-store-opts", 23, "use swarm mode, whose overlay networks need no store"),
    ("disable-legacy-registry", 19, "leave it out, since no engine speaks to such registries"),
    ("graph", 23, "it is called data-root"),
    ("oom-score-adjust", 25, "set OOMScoreAdjust in the service's unit"),
];

/// Storage drivers that a version has no more.
const REMOVED_DRIVERS: [(&str, u32); 3] = [("aufs", 24), ("devicemapper", 25), ("overlay", 24)];

/// Why an engine of this major version does not take a key; `None`: nothing is known against it.
pub fn removed(key: &str, value: &Value, major: u32) -> Option<String> {
    if let Some((_, since, instead)) = REMOVED.iter().find(|(known, since, _)| *known == key && major >= *since) {
        return Some(format!("`{key}` is gone since Docker {since}: {instead}"));
    }
    if key != "storage-driver" {
        return None;
    }
    let (name, since) = REMOVED_DRIVERS.iter().find(|(name, since)| value == name && major >= *since)?;
    Some(format!(
        "the storage driver {name} is gone since Docker {since}: use overlay2. Images and containers of {name} are not taken over; \
         save them with the old engine first"
    ))
}

/// Keys whose name is not that of their flag.
const FLAGS: [(&str, &str); 19] = [
    ("authorization-plugins", "authorization-plugin"),
    ("cdi-spec-dirs", "cdi-spec-dir"),
    ("cluster-store-opts", "cluster-store-opt"),
    ("default-address-pools", "default-address-pool"),
    ("default-network-opts", "default-network-opt"),
    ("default-ulimits", "default-ulimit"),
    ("dns-opts", "dns-opt"),
    ("exec-opts", "exec-opt"),
    ("features", "feature"),
    ("host-gateway-ips", "host-gateway-ip"),
    ("hosts", "host"),
    ("insecure-registries", "insecure-registry"),
    ("labels", "label"),
    ("log-opts", "log-opt"),
    ("node-generic-resources", "node-generic-resource"),
    ("registry-mirrors", "registry-mirror"),
    ("runtimes", "add-runtime"),
    ("storage-opts", "storage-opt"),
    ("proxies", "http-proxy"),
];

/// Keys without a flag, or whose flag the help does not show.
const UNSHOWN: [&str; 8] = [
    "allow-nondistributable-artifacts",
    "builder",
    "deprecated-key-path",
    "features",
    "network-diagnostic-port",
    "raw-logs",
    "rootless",
    "runtimes",
];

/// The flag of a key.
pub fn flag(key: &str) -> &str {
    FLAGS.iter().find(|(known, _)| *known == key).map_or(key, |(_, flag)| flag)
}

/// Whether an engine whose help shows these flags knows a key.
pub fn is_known(key: &str, flags: &std::collections::BTreeSet<String>) -> bool {
    flags.contains(flag(key)) || UNSHOWN.contains(&key)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_keys_need() {
        assert_eq!(needs("labels", false), Needs::Reload);
        assert_eq!(needs("labels", true), Needs::Restart, "the engine would keep them");
        assert_eq!(needs("features", true), Needs::Reload);
        assert_eq!(needs("log-driver", false), Needs::Restart);
        assert!(removed("storage-driver", &json!("aufs"), 24).is_some());
        assert!(removed("storage-driver", &json!("aufs"), 23).is_none());
        assert!(removed("storage-driver", &json!("devicemapper"), 24).is_none());
        assert!(removed("storage-driver", &json!("overlay2"), 29).is_none());
        assert!(removed("graph", &json!("/x"), 20).is_none());
    }
}

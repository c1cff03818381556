//! Reads what runs: the list, and of each container its state and its counters.
//!
//! Source: `GET /containers/json`, `GET /containers/{id}/json`, `GET /containers/{id}/stats`.

use std::collections::{BTreeMap, BTreeSet};

use ansible::Failure;
use docker::{Engine, typed, typed_list};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::Value;

/// So many containers are asked at once.
const AT_ONCE: usize = 32;

/// A container.
#[derive(Debug, Default)]
pub struct Row {
    pub name: String,
    pub image: String,
    /// `running`, `exited 3`, …
    pub state: String,
    /// What its health check says; empty where there is none.
    pub health: String,
    pub restarts: i64,
    /// Percent of one CPU; `None`: it does not run, or was not looked at twice yet.
    pub cpu: Option<f64>,
    pub memory: Option<Memory>,
    pub ports: Vec<String>,
    pub networks: Vec<String>,
    /// Seconds since 1970.
    pub created: i64,
}

/// Bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    pub used: u64,
    /// `None`: as much as the host has.
    pub limit: Option<u64>,
}

/// Remembers each container's counters, by ID, until the next look.
#[derive(Debug, Default)]
pub struct Sampler {
    last: BTreeMap<String, Cpu>,
}

/// Nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Cpu {
    container: u64,
    /// All CPUs of the host together.
    host: u64,
}

impl Sampler {
    /// One row for each container that runs; with `all` for the others too.
    ///
    /// # Errors
    /// The engine can't be reached.
    pub async fn rows(&mut self, engine: &Engine, all: bool) -> Result<Vec<Row>, Failure> {
        let listed = engine.get("/containers/json", &[("all", if all { "1" } else { "0" })]).await?;
        let listed: Vec<Listed> = typed_list(&listed, "the list of containers")?;
        let read = |listed: Listed| async move {
            let path = format!("/containers/{}", listed.id);
            let Some(inspected) = engine.get_optional(&format!("{path}/json"), &[]).await? else { return Ok(None) };
            let runs = matches!(listed.state.as_str(), "running" | "paused");
            let query = [("stream", "0"), ("one-shot", "1")];
            // One that ends meanwhile has none.
            let stats = if runs { engine.get(&format!("{path}/stats"), &query).await.ok() } else { None };
            Ok::<_, Failure>(Some((listed, typed(&inspected, "container")?, stats)))
        };
        let found: Vec<_> = stream::iter(listed.into_iter().map(read)).buffer_unordered(AT_ONCE).try_collect().await?;
        let before = std::mem::take(&mut self.last);
        let mut rows = Vec::new();
        for (listed, inspected, stats) in found.into_iter().flatten() {
            let now = stats.as_ref().and_then(cpu);
            let percent = match (before.get(&listed.id), now) {
                (Some(before), Some(now)) => share(*before, now, stats.as_ref().map_or(1, cpus)),
                _ => None,
            };
            self.last.extend(now.map(|now| (listed.id.clone(), now)));
            let memory = stats.as_ref().and_then(|stats| memory(stats, &inspected));
            rows.push(row(listed, inspected, percent, memory));
        }
        Ok(rows)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Listed {
    id: String,
    names: Vec<String>,
    image: String,
    state: String,
    created: i64,
    ports: Vec<Port>,
    network_settings: Networks,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Port {
    #[serde(rename = "IP")]
    ip: String,
    #[serde(rename = "PrivatePort")]
    private: u16,
    #[serde(rename = "PublicPort")]
    public: Option<u16>,
    #[serde(rename = "Type")]
    protocol: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Networks {
    networks: BTreeMap<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Inspected {
    restart_count: i64,
    state: docker::container::ContainerState,
    host_config: Limits,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Limits {
    memory: u64,
}

fn row(listed: Listed, inspected: Inspected, cpu: Option<f64>, memory: Option<Memory>) -> Row {
    // A link's name has two slashes.
    let own = |name: &&String| !name.trim_start_matches('/').contains('/');
    let name = listed
        .names
        .iter()
        .find(own)
        .map_or(listed.id.chars().take(12).collect(), |name| name.trim_start_matches('/').to_owned());
    let state = inspected.state;
    let ended = matches!(state.status.as_str(), "exited" | "dead");
    Row {
        name,
        // Docker names an image that has lost its name by its ID.
        image: match listed.image.strip_prefix("sha256:") {
            Some(digits) => digits.chars().take(12).collect(),
            None => listed.image,
        },
        state: if ended { format!("{} {}", state.status, state.exit_code) } else { state.status },
        health: state.health.map(|health| health.status).filter(|status| status != "none").unwrap_or_default(),
        restarts: inspected.restart_count,
        cpu,
        memory,
        ports: ports(&listed.ports),
        networks: listed.network_settings.networks.into_keys().collect(),
        created: listed.created,
    }
}

/// `8080->80/tcp`, with the address before it where it is not every one; only what is published.
fn ports(ports: &[Port]) -> Vec<String> {
    let text = |port: &Port| {
        let address = match port.ip.as_str() {
            "" | "0.0.0.0" | "::" => String::new(),
            ip if ip.contains(':') => format!("[{ip}]:"),
            ip => format!("{ip}:"),
        };
        Some(format!("{address}{}->{}/{}", port.public?, port.private, port.protocol))
    };
    ports.iter().filter_map(text).collect::<BTreeSet<_>>().into_iter().collect()
}

fn number(value: &Value, path: &str) -> Option<u64> {
    value.pointer(path).and_then(Value::as_u64)
}

fn cpu(stats: &Value) -> Option<Cpu> {
    let container = number(stats, "/cpu_stats/cpu_usage/total_usage")?;
    Some(Cpu { container, host: number(stats, "/cpu_stats/system_cpu_usage")? })
}

fn cpus(stats: &Value) -> u64 {
    number(stats, "/cpu_stats/online_cpus").filter(|count| *count > 0).unwrap_or(1)
}

/// Percent of one CPU.
fn share(before: Cpu, now: Cpu, cpus: u64) -> Option<f64> {
    let (used, passed) = (now.container.checked_sub(before.container)?, now.host.checked_sub(before.host)?);
    (passed > 0).then(|| used as f64 / passed as f64 * cpus as f64 * 100.0)
}

/// What it has, without the page cache that the kernel would give up first.
fn memory(stats: &Value, inspected: &Inspected) -> Option<Memory> {
    let usage = number(stats, "/memory_stats/usage")?;
    let cache = ["/memory_stats/stats/inactive_file", "/memory_stats/stats/total_inactive_file"];
    let cache = cache.iter().find_map(|path| number(stats, path)).unwrap_or(0);
    let limit = Some(inspected.host_config.memory).filter(|limit| *limit > 0);
    Some(Memory { used: usage.saturating_sub(cache), limit })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counters_become_shares() {
        let at = |container: u64, host: u64| Cpu { container, host };
        assert_eq!(share(at(100, 1000), at(200, 1400), 4), Some(100.0));
        assert_eq!(share(at(100, 1000), at(100, 1000), 4), None);
        assert_eq!(share(at(100, 1000), at(50, 1400), 4), None, "it was restarted");
        let stats = json!({"memory_stats": {"usage": 1000, "stats": {"inactive_file": 400}}});
        let memory = memory(&stats, &Inspected::default()).unwrap();
        assert_eq!((memory.used, memory.limit), (600, None));
    }

    #[test]
    fn rows_read_the_lists_words() {
        let listed = json!({
            "Id": "0123456789abcdef", "Names": ["/web/alias", "/app"], "Image": "sha256:0123456789abcdef", "Created": 7,
            "Ports": [
                {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
                {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
                {"IP": "::1", "PrivatePort": 53, "PublicPort": 53, "Type": "udp"}, {"PrivatePort": 9000, "Type": "tcp"},
            ],
            "NetworkSettings": {"Networks": {"lan": {}, "back": {}}},
        });
        let inspected = json!({"RestartCount": 2, "State": {"Status": "exited", "ExitCode": 3}});
        let row = row(Listed::deserialize(listed).unwrap(), Inspected::deserialize(inspected).unwrap(), None, None);
        assert_eq!((row.name.as_str(), row.image.as_str(), row.state.as_str()), ("app", "0123456789ab", "exited 3"));
        assert_eq!(row.ports, ["8080->80/tcp", "[::1]:53->53/udp"]);
        assert_eq!(row.networks, ["back", "lan"]);
    }
}

//! What an inventory tells of a container.

use docker::Connection;
use serde_json::{Map, Value, json};

use super::config::{Config, ConnectionType};

/// A container as a host of the inventory.
#[derive(Debug)]
pub struct Host {
    pub name: String,
    pub id: String,
    pub running: bool,
    /// What becomes host variables.
    pub facts: Map<String, Value>,
    /// What expressions see: also all that the engine tells.
    pub full: Map<String, Value>,
    /// The groups that the peer's old script made, those of names and states apart.
    pub legacy_groups: Vec<String>,
}

/// How many digits of an ID the peer takes for a short one.
const SHORT: usize = 13;

impl Host {
    /// From the list's entry and the container itself, as the engine tells them.
    pub fn new(config: &Config, connection: &Connection, listed: &Value, inspected: &Value) -> Host {
        let id = listed["Id"].as_str().unwrap_or_default().to_owned();
        let short: String = id.chars().take(SHORT).collect();
        let named = listed["Names"][0].as_str().map(|name| name.trim_start_matches('/').to_owned());
        let (name, full_name) = named.map_or((short.clone(), id.clone()), |name| (name.clone(), name));
        let mut facts = Map::new();
        facts.insert("docker_name".to_owned(), json!(name));
        facts.insert("docker_short_id".to_owned(), json!(short));
        match config.connection_type {
            ConnectionType::Ssh => {
                let (address, port) = ssh(config, inspected);
                facts.insert("ansible_ssh_host".to_owned(), address);
                facts.insert("ansible_ssh_port".to_owned(), port);
            }
            ConnectionType::DockerCli => {
                facts.insert("ansible_host".to_owned(), json!(full_name));
                facts.insert("ansible_connection".to_owned(), json!("community.docker.docker"));
            }
            ConnectionType::DockerApi => {
                facts.insert("ansible_host".to_owned(), json!(full_name));
                facts.extend(config.daemon(connection));
                facts.insert("ansible_connection".to_owned(), json!("community.docker.docker_api"));
            }
        }
        let label = |name: &str| inspected["Config"]["Labels"][name].as_str().filter(|text| !text.is_empty());
        let image = inspected["Config"]["Image"].as_str().filter(|text| !text.is_empty());
        let (stack, service) = (label("com.docker.stack.namespace"), label("com.docker.swarm.service.name"));
        let groups = [("image", image), ("stack", stack), ("service", service)];
        let legacy_groups = groups.iter().filter_map(|(kind, name)| Some(format!("{kind}_{}", (*name)?))).collect();
        let mut full = Map::new();
        full.extend(stack.map(|name| ("docker_stack".to_owned(), json!(name))));
        full.extend(service.map(|name| ("docker_service".to_owned(), json!(name))));
        full.extend(facts.clone());
        let own = inspected.as_object().into_iter().flatten();
        full.extend(own.map(|(key, value)| (variable(key), value.clone())));
        if config.verbose_output.0 {
            facts.extend(full.clone());
        }
        Host { name, id, running: inspected["State"]["Running"] == json!(true), facts, full, legacy_groups }
    }

    pub fn short_id(&self) -> String {
        self.id.chars().take(SHORT).collect()
    }
}

/// `HostConfig` as `docker_hostconfig`.
fn variable(key: &str) -> String {
    let letter = |letter: char| if letter.is_alphanumeric() || letter == '-' { letter } else { '_' };
    format!("docker_{}", key.chars().map(letter).collect::<String>().to_lowercase().trim_start_matches('_'))
}

/// Where the container's ssh port is published; no address and port 0 where it is not.
fn ssh(config: &Config, inspected: &Value) -> (Value, Value) {
    let port = &inspected["NetworkSettings"]["Ports"][format!("{}/tcp", config.private_ssh_port())][0];
    let address = match port["HostIp"].as_str() {
        Some("0.0.0.0") => config.default_ip(),
        Some(address) => address,
        None => "",
    };
    (json!(address), port.get("HostPort").cloned().unwrap_or(json!(0)))
}

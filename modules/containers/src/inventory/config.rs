//! The inventory file: the options of the peer's plug-in `docker_containers`, in its YAML.

use std::path::PathBuf;

use ansible::Failure;
use docker::Connection;
use indexmap::IndexMap;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::expression::Expression;

/// The file's options.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    plugin: Option<String>,
    #[serde(alias = "docker_url")]
    docker_host: Option<String>,
    tls: Option<Switch>,
    #[serde(alias = "tls_verify")]
    validate_certs: Option<Switch>,
    tls_hostname: Option<String>,
    #[serde(alias = "ca_cert", alias = "tls_ca_cert", alias = "cacert_path")]
    ca_path: Option<PathBuf>,
    #[serde(alias = "tls_client_cert", alias = "cert_path")]
    client_cert: Option<PathBuf>,
    #[serde(alias = "tls_client_key", alias = "key_path")]
    client_key: Option<PathBuf>,
    #[serde(alias = "docker_api_version")]
    api_version: Option<String>,
    timeout: Option<u64>,
    use_ssh_client: Option<Switch>,
    debug: Option<Switch>,

    pub connection_type: ConnectionType,
    configure_docker_daemon: Option<Switch>,
    pub verbose_output: Switch,
    default_ip: Option<String>,
    private_ssh_port: Option<u16>,
    pub add_legacy_groups: Switch,
    filters: Option<Vec<IndexMap<String, Value>>>,
    pub strict: Switch,
    leading_separator: Option<Switch>,
    pub compose: IndexMap<String, Formula>,
    pub groups: IndexMap<String, Formula>,
    pub keyed_groups: Vec<KeyedGroup>,
}

/// How Ansible reaches a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionType {
    Ssh,
    DockerCli,
    #[default]
    DockerApi,
}

/// A group for each value of an expression.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyedGroup {
    pub key: Formula,
    #[serde(default)]
    pub prefix: String,
    #[serde(default = "underscore")]
    pub separator: String,
    pub parent_group: Option<String>,
    pub default_value: Option<String>,
    pub trailing_separator: Option<Switch>,
}

fn underscore() -> String {
    "_".to_owned()
}

/// `true`, or one of the words that Ansible's YAML takes for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switch(pub bool);

impl<'de> Deserialize<'de> for Switch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Bool(on) => Ok(Switch(on)),
            Value::String(word) if ["yes", "on", "true", "1"].contains(&word.to_lowercase().as_str()) => {
                Ok(Switch(true))
            }
            Value::String(word) if ["no", "off", "false", "0"].contains(&word.to_lowercase().as_str()) => {
                Ok(Switch(false))
            }
            other => Err(serde::de::Error::custom(format!("{other} is neither true nor false"))),
        }
    }
}

/// An expression as the file has it. A value that is no text stands for itself.
#[derive(Clone, Debug)]
pub struct Formula {
    text: String,
    expression: Expression,
}

impl<'de> Deserialize<'de> for Formula {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Formula::of(Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Formula {
    fn of(value: Value) -> Result<Formula, String> {
        let Value::String(text) = value else {
            return Ok(Formula { text: value.to_string(), expression: Expression::Literal(value) });
        };
        match Expression::parse(&text) {
            Ok(expression) => Ok(Formula { text, expression }),
            Err(reason) => Err(format!(
                "the expression `{text}` is not understood: {reason}; `containers inventory --help` tells what is known"
            )),
        }
    }

    pub fn value(&self, variables: &Map<String, Value>) -> Result<Value, String> {
        self.expression.value(variables).map_err(|reason| format!("`{}`: {reason}", self.text))
    }

    pub fn holds(&self, variables: &Map<String, Value>) -> Result<bool, String> {
        self.expression.holds(variables).map_err(|reason| format!("`{}`: {reason}", self.text))
    }
}

/// What a container must be to be in the inventory: the first filter that holds decides.
#[derive(Debug)]
pub struct Filter {
    pub includes: bool,
    pub condition: Formula,
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// It is no YAML, or has what the plug-in does not know.
    pub fn read(path: &str) -> Result<Config, Failure> {
        let failed = |reason: String| Failure::new(format!("reading {path}: {reason}"));
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let config: Config = yaml_serde::from_str(&text).map_err(|error| failed(error.to_string()))?;
        match config.plugin.as_deref() {
            None | Some("cdgp.docker.docker_containers" | "community.docker.docker_containers") => Ok(config),
            Some(other) => Err(failed(format!("it is for the plug-in {other}, not for docker_containers"))),
        }
    }

    /// Where the engine is: the file's word before the environment's.
    pub fn connection(&self) -> Connection {
        let told = Connection::from_environment();
        let switch = |given: Option<Switch>, told: bool| given.map_or(told, |switch| switch.0);
        Connection {
            docker_host: self.docker_host.clone().unwrap_or(told.docker_host),
            tls: switch(self.tls, told.tls),
            validate_certs: switch(self.validate_certs, told.validate_certs),
            tls_hostname: self.tls_hostname.clone().or(told.tls_hostname),
            ca_path: self.ca_path.clone().or(told.ca_path),
            client_cert: self.client_cert.clone().or(told.client_cert),
            client_key: self.client_key.clone().or(told.client_key),
            api_version: self.api_version.clone().unwrap_or(told.api_version),
            timeout: self.timeout.unwrap_or(told.timeout),
            use_ssh_client: switch(self.use_ssh_client, told.use_ssh_client),
            debug: switch(self.debug, told.debug),
        }
    }

    /// What the connection plug-in `docker_api` has to know of the engine.
    pub fn daemon(&self, connection: &Connection) -> Map<String, Value> {
        if !self.configure_docker_daemon.is_none_or(|switch| switch.0) {
            return Map::new();
        }
        let all = [
            ("docker_host", json!(connection.docker_host)),
            ("tls_hostname", json!(connection.tls_hostname)),
            ("api_version", json!(connection.api_version)),
            ("timeout", json!(connection.timeout)),
            ("ca_path", json!(connection.ca_path)),
            ("client_cert", json!(connection.client_cert)),
            ("client_key", json!(connection.client_key)),
            ("tls", json!(connection.tls)),
            ("use_ssh_client", json!(connection.use_ssh_client)),
            ("validate_certs", json!(connection.validate_certs)),
        ];
        let known = all.into_iter().filter(|(_, value)| !value.is_null());
        known.map(|(name, value)| (format!("ansible_docker_{name}"), value)).collect()
    }

    pub fn default_ip(&self) -> &str {
        self.default_ip.as_deref().unwrap_or("127.0.0.1")
    }

    pub fn private_ssh_port(&self) -> u16 {
        self.private_ssh_port.unwrap_or(22)
    }

    pub fn leading_separator(&self) -> bool {
        self.leading_separator.is_none_or(|switch| switch.0)
    }

    /// # Errors
    /// An entry that is neither `include` nor `exclude`, or whose condition is not understood.
    pub fn filters(&self) -> Result<Vec<Filter>, Failure> {
        let filter = |(number, entry): (usize, &IndexMap<String, Value>)| {
            let failed = |reason: String| Failure::new(format!("`filters[{}]`: {reason}", number + 1));
            let mut given = entry.iter().filter(|(_, value)| !value.is_null());
            let (Some((key, value)), None) = (given.next(), given.next()) else {
                return Err(failed("it must have one of include and exclude".to_owned()));
            };
            let includes = match key.as_str() {
                "include" => true,
                "exclude" => false,
                other => return Err(failed(format!("it must have include or exclude, not {other}"))),
            };
            Ok(Filter { includes, condition: Formula::of(value.clone()).map_err(failed)? })
        };
        self.filters.iter().flatten().enumerate().map(filter).collect()
    }
}

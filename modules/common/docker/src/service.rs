//! Services of a swarm: `GET /services`. Mounts and health checks are written as containers' are.

use std::collections::BTreeMap;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::container::{Healthcheck, Mount};
use crate::swarm::ObjectVersion;
use crate::{Credentials, Engine, Error, Inspected};

/// What plans read of a service.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Service {
    /// Its ID: 25 letters and digits.
    #[serde(rename = "ID")]
    pub id: String,
    /// Which version of it this is.
    pub version: ObjectVersion,
    /// What is asked for.
    pub spec: Inspected<ServiceSpec>,
}

/// What is asked for of a service. Durations in nanoseconds, sizes in bytes; `None`: not said.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // the API's own fields, which it describes
pub struct ServiceSpec {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub task_template: TaskTemplate,
    pub mode: ServiceMode,
    pub update_config: Option<UpdateConfig>,
    pub rollback_config: Option<UpdateConfig>,
    /// Where engines before 17.06 and old clients put them.
    pub networks: Vec<NetworkAttachment>,
    pub endpoint_spec: EndpointSpec,
}

/// What each task of a service is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct TaskTemplate {
    pub container_spec: ContainerSpec,
    pub resources: ServiceResources,
    pub restart_policy: Option<ServiceRestartPolicy>,
    pub placement: Placement,
    pub log_driver: Option<LogDriver>,
    pub networks: Vec<NetworkAttachment>,
    pub force_update: u64,
}

/// The container of a task.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct ContainerSpec {
    pub image: String,
    pub labels: BTreeMap<String, String>,
    pub command: Vec<String>,
    pub args: Vec<String>,
    pub hostname: String,
    /// `NAME=value`
    pub env: Vec<String>,
    pub dir: String,
    pub user: String,
    pub groups: Vec<String>,
    #[serde(rename = "TTY")]
    pub tty: bool,
    pub read_only: bool,
    pub init: Option<bool>,
    pub mounts: Vec<Mount>,
    pub stop_signal: String,
    pub stop_grace_period: Option<i64>,
    pub healthcheck: Option<Healthcheck>,
    /// `address name`; very old ones are `name:address`
    pub hosts: Vec<String>,
    #[serde(rename = "DNSConfig")]
    pub dns_config: DnsConfig,
    pub secrets: Vec<SecretReference>,
    pub configs: Vec<ConfigReference>,
    pub sysctls: BTreeMap<String, String>,
    pub capability_add: Vec<String>,
    pub capability_drop: Vec<String>,
}

/// Whom a container asks for names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct DnsConfig {
    pub nameservers: Vec<String>,
    pub search: Vec<String>,
    pub options: Vec<String>,
}

/// A secret that a service is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct SecretReference {
    #[serde(rename = "SecretID")]
    pub secret_id: String,
    pub secret_name: String,
    pub file: ReferencedFile,
}

/// A config that a service is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct ConfigReference {
    #[serde(rename = "ConfigID")]
    pub config_id: String,
    pub config_name: String,
    pub file: ReferencedFile,
}

/// The file as which a container sees a secret or config.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct ReferencedFile {
    pub name: String,
    #[serde(rename = "UID")]
    pub uid: String,
    #[serde(rename = "GID")]
    pub gid: String,
    pub mode: u32,
}

/// What a task may use, and what is kept for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct ServiceResources {
    pub limits: Resources,
    pub reservations: Resources,
}

/// CPU and memory; 0 is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct Resources {
    #[serde(rename = "NanoCPUs")]
    pub nano_cpus: i64,
    pub memory_bytes: i64,
}

/// What happens when a task ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct ServiceRestartPolicy {
    /// `none`, `on-failure` or `any`
    pub condition: Option<String>,
    pub delay: Option<i64>,
    pub max_attempts: Option<i64>,
    pub window: Option<i64>,
}

/// On which nodes tasks may run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct Placement {
    pub constraints: Vec<String>,
    pub preferences: Vec<Preference>,
    pub max_replicas: i64,
}

/// Over what tasks are spread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct Preference {
    pub spread: Spread,
}

/// Over what tasks are spread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct Spread {
    /// `node.labels.rack`
    pub spread_descriptor: String,
}

/// Where tasks log to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct LogDriver {
    pub name: String,
    pub options: BTreeMap<String, String>,
}

/// A network that tasks are in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct NetworkAttachment {
    /// Its ID.
    pub target: String,
    pub aliases: Vec<String>,
    pub driver_opts: BTreeMap<String, String>,
}

/// How many tasks there are: one of the four is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct ServiceMode {
    pub replicated: Option<Replicated>,
    pub global: Option<Value>,
    pub replicated_job: Option<ReplicatedJob>,
    pub global_job: Option<Value>,
}

/// A number of tasks that run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct Replicated {
    pub replicas: Option<i64>,
}

/// A number of tasks that end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct ReplicatedJob {
    pub max_concurrent: Option<i64>,
    pub total_completions: Option<i64>,
}

/// How an update, or a return from one, goes on. The engine fills in what is not said.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct UpdateConfig {
    /// 0: all at once
    pub parallelism: i64,
    pub delay: i64,
    pub failure_action: Option<String>,
    pub monitor: i64,
    pub max_failure_ratio: f64,
    pub order: Option<String>,
}

/// How a service is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct EndpointSpec {
    /// `vip`, which is the default, or `dnsrr`
    pub mode: Option<String>,
    pub ports: Vec<PublishedPort>,
}

/// A port that is reached from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct PublishedPort {
    /// `tcp`, `udp` or `sctp`
    pub protocol: String,
    pub target_port: u16,
    /// 0: the engine chooses
    pub published_port: u16,
    /// `ingress`, which is the default, or `host`
    pub publish_mode: Option<String>,
}

impl Engine {
    /// The service with this name or ID.
    ///
    /// # Errors
    /// This engine is no manager.
    pub async fn service(&self, word: &str) -> Result<Option<Inspected<Service>>, Error> {
        // Without a name the path would be the list's.
        if word.is_empty() {
            return Ok(None);
        }
        let raw = self.get_optional(&format!("/services/{word}"), &[]).await?;
        let found = raw.map(|raw| Inspected::<Service>::new(raw, &format!("service {word}"))).transpose()?;
        // The engine takes the beginning of an ID too.
        let means = |service: &Service| crate::lookup::means(word, &service.spec.typed.name, &service.id);
        Ok(found.filter(|service| means(&service.typed)))
    }

    /// Makes a service of `spec`; `login` is for the nodes, which pull its image. Gives the engine's warnings.
    ///
    /// # Errors
    /// This engine is no manager, or refuses.
    pub async fn create_service(&self, spec: &Value, login: Option<&Credentials>) -> Result<Vec<String>, Error> {
        self.write_service("/services/create", &[], spec, login).await
    }

    /// Makes another specification that of the service `id`, if `version` is its newest. Gives the engine's warnings.
    ///
    /// # Errors
    /// This engine is no manager, refuses, or has a newer version.
    pub async fn update_service(
        &self,
        id: &str,
        version: ObjectVersion,
        spec: &Value,
        login: Option<&Credentials>,
    ) -> Result<Vec<String>, Error> {
        let version = version.index.to_string();
        self.write_service(&format!("/services/{id}/update"), &[("version", &version)], spec, login).await
    }

    /// Plain JSON on purpose: bollard's typed body would lose what it does not know of a service that is there.
    async fn write_service(
        &self,
        path: &str,
        query: &[(&str, &str)],
        spec: &Value,
        login: Option<&Credentials>,
    ) -> Result<Vec<String>, Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Answer {
            #[serde(rename = "Warnings")]
            warnings: Vec<String>,
            #[serde(rename = "Warning")]
            warning: String,
        }
        let mut headers = vec![("Content-Type", "application/json".to_owned())];
        headers.extend(login.map(Credentials::header));
        let mut body =
            self.send(Method::POST, path, query, &headers, Full::from(Bytes::from(spec.to_string()))).await?;
        let answer = self.read(path, &mut body).await?;
        let answer = serde_json::from_slice(&answer).unwrap_or(Value::Null);
        let Answer { warnings, warning } = match answer {
            Value::Object(_) => Inspected::new(answer, path)?.typed,
            _ => Answer::default(),
        };
        Ok(warnings.into_iter().chain([warning]).filter(|warning| !warning.is_empty()).collect())
    }
}

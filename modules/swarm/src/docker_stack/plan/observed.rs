//! What a plan starts from.

use std::collections::BTreeMap;

use docker::{ObjectVersion, RegistryImage};
use serde::Deserialize;
use serde_json::{Value, json};

use super::is_of;

/// What a plan starts from.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(Deserialize), serde(default))]
pub struct Observed {
    /// The stack's services, by name.
    pub services: BTreeMap<String, Service>,
    /// All networks, by name.
    pub networks: BTreeMap<String, Network>,
    /// All secrets, by name.
    pub secrets: Objects,
    /// All configs, by name.
    pub configs: Objects,
    /// What images stand for at their registries, by the name in the file.
    pub images: BTreeMap<String, RegistryImage>,
}

impl Observed {
    /// Whether no service is in the midst of an update, or was left in one.
    pub fn is_at_rest(&self) -> bool {
        self.services.values().all(|service| matches!(service.update_status.state.as_str(), "" | "completed"))
    }
}

/// Secrets or configs, by name.
pub type Objects = BTreeMap<String, Object>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Service {
    #[serde(rename = "ID")]
    pub id: String,
    pub version: ObjectVersion,
    pub spec: Value,
    /// How its last update went; an empty state when it never had one.
    pub update_status: UpdateStatus,
}

/// How an update went.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct UpdateStatus {
    pub state: String,
}

impl Service {
    pub fn name(&self) -> &str {
        self.spec.get("Name").and_then(Value::as_str).unwrap_or_default()
    }

    /// The IDs of the networks that it is in.
    pub fn networks(&self) -> impl Iterator<Item = &str> {
        let networks = self.spec.pointer("/TaskTemplate/Networks").and_then(Value::as_array);
        networks.into_iter().flatten().filter_map(|network| network.get("Target")?.as_str())
    }

    pub fn label(&self, key: &str) -> Option<&str> {
        self.spec.get("Labels")?.get(key)?.as_str()
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Network {
    pub id: String,
    pub name: String,
    pub scope: String,
    driver: String,
    internal: bool,
    attachable: bool,
    options: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
}

impl Network {
    pub fn is_of(&self, stack: &str) -> bool {
        is_of(&self.labels, stack)
    }

    /// As it is told to a user. A network is never changed, so nothing is compared with this.
    pub fn body(&self) -> Value {
        let mut body = json!({ "Name": self.name, "Driver": self.driver, "Labels": self.labels });
        // The swarm keeps its number among the options.
        let mut options = self.options.clone();
        options.remove("com.docker.network.driver.overlay.vxlanid_list");
        for (key, value, there) in [
            ("Internal", json!(self.internal), self.internal),
            ("Attachable", json!(self.attachable), self.attachable),
            ("Options", json!(options), !options.is_empty()),
        ] {
            if there {
                body[key] = value;
            }
        }
        body
    }
}

/// A secret or config.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(Deserialize), serde(default))]
pub struct Object {
    pub id: String,
    pub version: ObjectVersion,
    pub labels: BTreeMap<String, String>,
    /// Whether its content is another than the file's.
    pub altered: bool,
}

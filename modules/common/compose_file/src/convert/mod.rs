//! The engine's objects that follow from a [`Project`]: what `docker stack deploy` makes of it, as the API's JSON.

mod mount;
mod service;
mod spec;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use self::spec::Spec;
use crate::Project;
use crate::model::{Content, Network, Object, ObjectSource};

/// The label by which `docker stack` knows what belongs to a stack.
pub const NAMESPACE: &str = "com.docker.stack.namespace";
/// The label in which `docker stack` keeps a service's image as the file names it.
pub const IMAGE: &str = "com.docker.stack.image";

/// How things are named.
pub struct Naming<'a> {
    /// The stack's name.
    pub stack: &'a str,
    /// What follows the name of a secret or config with this content, if anything.
    pub version: &'a dyn Fn(&Content) -> Option<String>,
}

/// All objects of a stack, by their full names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stack {
    /// The bodies of `POST /services/create`. A network stands by its name, a secret or config without its ID.
    pub services: BTreeMap<String, Value>,
    /// The bodies of `POST /networks/create`.
    pub networks: BTreeMap<String, Value>,
    /// The secrets to create.
    pub secrets: BTreeMap<String, ObjectSpec>,
    /// The configs to create.
    pub configs: BTreeMap<String, ObjectSpec>,
    /// Networks that must be there.
    pub external_networks: BTreeSet<String>,
    /// Secrets that must be there.
    pub external_secrets: BTreeSet<String>,
    /// Configs that must be there.
    pub external_configs: BTreeSet<String>,
}

/// A secret or config to create.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectSpec {
    /// The name without a version: equal to its own where it has none.
    pub unversioned: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// What it holds; none where a driver gives it.
    pub content: Option<Content>,
    /// The API's `Driver`; null for none.
    pub driver: Value,
    /// The API's `Templating`; null for none.
    pub templating: Value,
}

/// The objects that the engine must have, so that a project runs.
pub fn convert(project: &Project, naming: &Naming<'_>) -> Stack {
    let secret_names = object_names(&project.secrets, naming);
    let config_names = object_names(&project.configs, naming);
    let names = Names { project, naming, secrets: &secret_names, configs: &config_names };
    let services =
        project.services.iter().map(|(key, service)| (scoped(naming, key), service::spec(key, service, &names)));
    let mut stack = Stack { services: services.collect(), ..Stack::default() };
    let default = Network::default();
    for key in joined(project) {
        let network = project.networks.get(key).unwrap_or(&default);
        let name = names.network(key);
        if network.external {
            stack.external_networks.insert(name);
        } else {
            stack.networks.insert(name.clone(), network_body(&name, network, naming));
        }
    }
    (stack.secrets, stack.external_secrets) = objects(&project.secrets, &secret_names, naming);
    (stack.configs, stack.external_configs) = objects(&project.configs, &config_names, naming);
    stack
}

/// The networks that services are in; one that names none is in the default one.
fn joined(project: &Project) -> BTreeSet<&str> {
    let of = |service: &crate::model::Service| service.networks.is_empty();
    let default = project.services.values().any(of).then_some("default");
    project.services.values().flat_map(|service| service.networks.keys()).map(String::as_str).chain(default).collect()
}

/// What things are called in the swarm.
struct Names<'a> {
    project: &'a Project,
    naming: &'a Naming<'a>,
    secrets: &'a BTreeMap<String, String>,
    configs: &'a BTreeMap<String, String>,
}

impl Names<'_> {
    fn network(&self, key: &str) -> String {
        let own = self.project.networks.get(key).and_then(|network| network.name.clone());
        own.filter(|name| !name.is_empty()).unwrap_or_else(|| scoped(self.naming, key))
    }
}

fn scoped(naming: &Naming<'_>, key: &str) -> String {
    format!("{}_{key}", naming.stack)
}

/// The labels of the file's thing and the stack's own.
fn labelled(labels: &BTreeMap<String, String>, naming: &Naming<'_>) -> BTreeMap<String, String> {
    let mut labels = labels.clone();
    labels.insert(NAMESPACE.to_owned(), naming.stack.to_owned());
    labels
}

fn object_names(objects: &BTreeMap<String, Object>, naming: &Naming<'_>) -> BTreeMap<String, String> {
    let name = |(key, object): (&String, &Object)| {
        let name = unversioned(key, object, naming);
        let version = match &object.source {
            ObjectSource::Content(content) => (naming.version)(content),
            ObjectSource::External | ObjectSource::Driver { .. } => None,
        };
        (key.clone(), version.map_or_else(|| name.clone(), |version| format!("{name}_{version}")))
    };
    objects.iter().map(name).collect()
}

fn unversioned(key: &str, object: &Object, naming: &Naming<'_>) -> String {
    object.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| scoped(naming, key))
}

fn objects(
    objects: &BTreeMap<String, Object>,
    names: &BTreeMap<String, String>,
    naming: &Naming<'_>,
) -> (BTreeMap<String, ObjectSpec>, BTreeSet<String>) {
    let (mut own, mut external) = (BTreeMap::new(), BTreeSet::new());
    for (key, object) in objects {
        let name = names.get(key).cloned().unwrap_or_default();
        let (content, driver) = match &object.source {
            ObjectSource::External => {
                external.insert(name);
                continue;
            }
            ObjectSource::Content(content) => (Some(content.clone()), Value::Null),
            ObjectSource::Driver { name, options } => {
                (None, Spec::new().set("Name", name).set("Options", options).value())
            }
        };
        let templating = Spec::new().set("Name", &object.template_driver).value();
        let spec = ObjectSpec {
            unversioned: unversioned(key, object, naming),
            labels: labelled(&object.labels, naming),
            content,
            driver,
            templating: if object.template_driver.is_empty() { Value::Null } else { templating },
        };
        own.insert(name, spec);
    }
    (own, external)
}

fn network_body(name: &str, network: &Network, naming: &Naming<'_>) -> Value {
    let pools: Vec<Value> = network
        .pools
        .iter()
        .map(|pool| {
            Spec::new()
                .set("Subnet", &pool.subnet)
                .set("IPRange", &pool.ip_range)
                .set("Gateway", &pool.gateway)
                .set("AuxiliaryAddresses", &pool.aux_addresses)
                .value()
        })
        .collect();
    let ipam =
        Spec::new().set("Driver", &network.ipam_driver).set("Options", &network.ipam_options).set("Config", pools);
    let driver = if network.driver.is_empty() { "overlay" } else { &network.driver };
    Spec::new()
        .set("Name", name)
        .set("Driver", driver)
        .set("Options", &network.driver_opts)
        .set("IPAM", ipam.value())
        .set("Internal", network.internal)
        .set("Attachable", network.attachable)
        .set("EnableIPv4", json!(network.enable_ipv4))
        .set("EnableIPv6", json!(network.enable_ipv6))
        .set("Labels", labelled(&network.labels, naming))
        .value()
}

//! How a task finds others by name.

use std::collections::{BTreeMap, BTreeSet};

use docker::ServiceSpec;
use serde::Serialize;
use serde_json::json;

use super::super::options::Options;
use super::body::Body;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Names {
    dns: Option<Vec<String>>,
    dns_search: Option<Vec<String>>,
    dns_options: Option<BTreeSet<String>>,
    /// Addresses by name.
    hosts: Option<BTreeMap<String, String>>,
}

impl From<&ServiceSpec> for Names {
    fn from(spec: &ServiceSpec) -> Self {
        let container = &spec.task_template.container_spec;
        Names {
            dns: Some(container.dns_config.nameservers.clone()),
            dns_search: Some(container.dns_config.search.clone()),
            dns_options: Some(container.dns_config.options.iter().cloned().collect()),
            hosts: Some(container.hosts.iter().flat_map(|line| hosts(line)).collect()),
        }
    }
}

/// `address name …`, or as old clients write it, `name:address`.
fn hosts(line: &str) -> Vec<(String, String)> {
    let mut words = line.split_whitespace();
    match (words.next(), words.next()) {
        (Some(address), Some(name)) => {
            [name].into_iter().chain(words).map(|name| (name.to_owned(), address.to_owned())).collect()
        }
        _ => line.split_once(':').map(|(name, address)| (name.to_owned(), address.to_owned())).into_iter().collect(),
    }
}

impl Names {
    pub fn overlay(&mut self, wish: &Options) {
        self.dns = wish.dns.clone().or(self.dns.take());
        self.dns_search = wish.dns_search.clone().or(self.dns_search.take());
        self.dns_options = wish.dns_options.clone().or(self.dns_options.take());
        let hosts = wish.hosts.as_ref();
        let hosts = hosts.map(|hosts| hosts.iter().map(|(name, text)| (name.clone(), text.0.clone())).collect());
        self.hosts = hosts.or(self.hosts.take());
    }

    pub fn write(&self, before: &Names, body: &mut Body) {
        let at = |name: &str| format!("TaskTemplate.ContainerSpec.{name}");
        body.put(&at("DNSConfig.Nameservers"), &before.dns, &self.dns);
        body.put(&at("DNSConfig.Search"), &before.dns_search, &self.dns_search);
        body.put(&at("DNSConfig.Options"), &before.dns_options, &self.dns_options);
        body.put_as(&at("Hosts"), &before.hosts, &self.hosts, |hosts| {
            hosts.iter().map(|(name, address)| json!(format!("{address} {name}"))).collect()
        });
    }
}

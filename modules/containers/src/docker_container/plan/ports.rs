//! Ports: published on the host, or exposed to other containers.

use std::collections::{BTreeMap, BTreeSet};

use docker::Image;
use docker::container::{Container as Inspect, PortBinding};
use serde::Serialize;
use serde_json::json;

use super::super::options::Options;
use super::super::options::ports::Binding;
use super::body::{Body, put};
use super::compare::Compare;

/// Ports are written `80/tcp`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Ports {
    published_ports: Option<BTreeMap<String, Vec<PortBinding>>>,
    exposed_ports: Option<BTreeSet<String>>,
    publish_all_ports: Option<bool>,
}

impl From<&Inspect> for Ports {
    fn from(inspect: &Inspect) -> Self {
        Ports {
            published_ports: Some(inspect.host_config.port_bindings.clone()),
            exposed_ports: Some(exposed(inspect.config.exposed_ports.keys())),
            publish_all_ports: Some(inspect.host_config.publish_all_ports),
        }
    }
}

impl Ports {
    /// `default_ip`: the address for ports that are published without one.
    pub fn overlay(&mut self, wish: &Options, compare: &Compare, image: Option<&Image>, default_ip: &str) {
        let published = wish.published_ports.as_ref().map(|ports| {
            let bind = |binding: &Binding| PortBinding {
                host_ip: binding.ip.clone().unwrap_or_else(|| default_ip.to_owned()),
                host_port: binding.port.clone().unwrap_or_default(),
            };
            let all = |(port, bindings): (&String, &Vec<Binding>)| (port.clone(), bindings.iter().map(bind).collect());
            ports.0.iter().map(all).collect::<BTreeMap<_, _>>()
        });
        // What is published is exposed too.
        let exposed_wish = match (&wish.exposed_ports, &published) {
            (None, None) => None,
            (listed, published) => {
                let listed = listed.iter().flat_map(|ports| ports.0.iter().cloned());
                Some(listed.chain(published.iter().flat_map(|ports| ports.keys().cloned())).collect())
            }
        };
        let from_image = image.map(|image| exposed(image.config.exposed_ports.keys())).unwrap_or_default();
        compare.map("published_ports", &mut self.published_ports, published, []);
        compare.set("exposed_ports", &mut self.exposed_ports, exposed_wish, from_image);
        compare.value("publish_all_ports", &mut self.publish_all_ports, wish.publish_all_ports);
    }

    pub fn write(&self, body: &mut Body) {
        put(&mut body.host_config, "PortBindings", &self.published_ports);
        put(&mut body.host_config, "PublishAllPorts", &self.publish_all_ports);
        let exposed = self.exposed_ports.as_ref();
        let exposed = exposed.map(|ports| ports.iter().map(|port| (port, json!({}))).collect::<BTreeMap<_, _>>());
        put(&mut body.config, "ExposedPorts", &exposed);
    }
}

/// Each port by itself: an image may expose `8000-8010/tcp`, and may leave out the protocol.
fn exposed<'a>(ports: impl Iterator<Item = &'a String>) -> BTreeSet<String> {
    let each = |port: &'a String| {
        let (numbers, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
        let range =
            numbers.split_once('-').and_then(|(start, end)| Some(start.parse::<u16>().ok()?..=end.parse().ok()?));
        match range {
            Some(range) => range.map(|number| format!("{number}/{protocol}")).collect(),
            None => vec![format!("{numbers}/{protocol}")],
        }
    };
    ports.flat_map(each).collect()
}

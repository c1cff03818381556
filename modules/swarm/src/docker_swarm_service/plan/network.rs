//! The networks that tasks are in, and how the service is reached.

use std::collections::{BTreeMap, BTreeSet};

use ansible::Failure;
use docker::ServiceSpec;
use docker::service::NetworkAttachment;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::super::options::{EndpointMode, Options, PARSING, Protocol, PublishMode, PublishOption};
use super::Observed;
use super::body::Body;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Network {
    /// By ID.
    #[serde(serialize_with = "listed")]
    networks: Option<BTreeMap<String, Attachment>>,
    publish: Option<BTreeSet<Port>>,
    endpoint_mode: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Attachment {
    aliases: Option<BTreeSet<String>>,
    options: Option<BTreeMap<String, String>>,
}

/// Ordered as the peer tells them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Port {
    published_port: Option<u16>,
    target_port: u16,
    protocol: String,
    mode: Option<String>,
}

impl Port {
    fn is_but_for_the_mode(&self, other: &Port) -> bool {
        *self == Port { mode: self.mode.clone(), ..other.clone() }
    }
}

impl From<&ServiceSpec> for Network {
    fn from(spec: &ServiceSpec) -> Self {
        let networks = [&spec.task_template.networks, &spec.networks].into_iter().find(|list| !list.is_empty());
        let attachment = |network: &NetworkAttachment| {
            let aliases = Some(network.aliases.iter().cloned().collect());
            (network.target.clone(), Attachment { aliases, options: Some(network.driver_opts.clone()) })
        };
        let ports = spec.endpoint_spec.ports.iter().map(|port| Port {
            published_port: Some(port.published_port).filter(|port| *port != 0),
            target_port: port.target_port,
            protocol: port.protocol.clone(),
            mode: Some(port.publish_mode.clone().unwrap_or_else(|| "ingress".to_owned())),
        });
        Network {
            networks: Some(networks.into_iter().flatten().map(attachment).collect()),
            publish: Some(ports.collect()),
            endpoint_mode: Some(spec.endpoint_spec.mode.clone().unwrap_or_else(|| "vip".to_owned())),
        }
    }
}

impl Network {
    /// # Errors
    /// There is no such network.
    pub fn overlay(&mut self, wish: &Options, observed: &Observed) -> Result<(), Failure> {
        if let Some(wanted) = &wish.networks {
            let mut there = self.networks.take().unwrap_or_default();
            let mut laid = BTreeMap::new();
            for network in wanted {
                let name = &network.name;
                let not_there = || Failure::new(format!("{PARSING}Could not find a network named: '{name}'."));
                let id = observed.networks.get(name).ok_or_else(not_there)?.clone();
                let same = there.remove(&id).unwrap_or_default();
                let aliases = network.aliases.clone().or(same.aliases);
                laid.insert(id, Attachment { aliases, options: network.options.clone().or(same.options) });
            }
            self.networks = Some(laid);
        }
        if let Some(wanted) = &wish.publish {
            let there = self.publish.take().unwrap_or_default();
            let port = |wish: &PublishOption| {
                let protocol = match wish.protocol {
                    Protocol::Tcp => "tcp",
                    Protocol::Udp => "udp",
                };
                let mode = wish.mode.map(|mode| match mode {
                    PublishMode::Ingress => "ingress".to_owned(),
                    PublishMode::Host => "host".to_owned(),
                });
                let published_port = wish.published_port.map(|port| port.0).filter(|port| *port != 0);
                let mut port =
                    Port { published_port, target_port: wish.target_port.0, protocol: protocol.to_owned(), mode };
                if port.mode.is_none() {
                    port.mode =
                        there.iter().find(|there| there.is_but_for_the_mode(&port)).and_then(|port| port.mode.clone());
                }
                port
            };
            self.publish = Some(wanted.iter().map(port).collect());
        }
        if let Some(mode) = wish.endpoint_mode {
            let mode = match mode {
                EndpointMode::Vip => "vip",
                EndpointMode::Dnsrr => "dnsrr",
            };
            self.endpoint_mode = Some(mode.to_owned());
        }
        Ok(())
    }

    pub fn write(&self, before: &Network, body: &mut Body) {
        body.put_as("TaskTemplate.Networks", &before.networks, &self.networks, |networks| {
            networks.iter().map(|(id, network)| network.wire(id)).collect()
        });
        body.put("EndpointSpec.Mode", &before.endpoint_mode, &self.endpoint_mode);
        body.put_as("EndpointSpec.Ports", &before.publish, &self.publish, |ports| {
            ports.iter().map(Port::wire).collect()
        });
    }
}

impl Attachment {
    fn wire(&self, id: &str) -> Value {
        docker::without_nulls(&json!({ "Target": id, "Aliases": self.aliases, "DriverOpts": self.options }))
    }
}

impl Port {
    fn wire(&self) -> Value {
        docker::without_nulls(&json!({
            "Protocol": self.protocol,
            "TargetPort": self.target_port,
            "PublishedPort": self.published_port,
            "PublishMode": self.mode,
        }))
    }
}

fn listed<S: Serializer>(networks: &Option<BTreeMap<String, Attachment>>, serializer: S) -> Result<S::Ok, S::Error> {
    let one = |(id, network): (&String, &Attachment)| {
        let mut shown = json!({ "id": id });
        if let Some(aliases) = &network.aliases {
            shown["aliases"] = json!(aliases);
        }
        if let Some(options) = &network.options {
            shown["options"] = json!(options);
        }
        shown
    };
    networks.as_ref().map(|networks| networks.iter().map(one).collect::<Vec<_>>()).serialize(serializer)
}

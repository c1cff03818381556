//! Networks: `GET /networks/{id}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use crate::lookup::means;
use crate::{Engine, Error, Inspected, Pool};

/// What plans read of a network. `None` is what the engine has not said, or what a new network leaves to the engine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Wire")]
pub struct Network {
    /// Its ID: 64 hexadecimal digits, or 25 letters and digits in a swarm. Empty before it exists.
    #[serde(skip_serializing)]
    pub id: String,
    /// Its name; unique, but for engines before 25 that were asked twice at once.
    pub name: String,
    /// `bridge`, `overlay`, …; `null` for one that only holds a configuration.
    pub driver: String,
    /// The driver's options.
    pub driver_options: BTreeMap<String, String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Whether it has IPv4; the engine says so since API 1.47, before it always has.
    pub enable_ipv4: Option<bool>,
    /// Whether it has IPv6.
    pub enable_ipv6: Option<bool>,
    /// Whether it is cut off from the outside.
    pub internal: Option<bool>,
    /// Whether containers that belong to no service may join it in a swarm.
    pub attachable: Option<bool>,
    /// Whether it is the swarm's routing mesh.
    pub ingress: Option<bool>,
    /// `local`, `swarm` or `global`.
    pub scope: Option<String>,
    /// Whether it only holds a configuration for others.
    pub config_only: Option<bool>,
    /// The network whose configuration it has; empty for none.
    pub config_from: Option<String>,
    /// The driver that hands out addresses.
    pub ipam_driver: Option<String>,
    /// That driver's options.
    pub ipam_driver_options: Option<BTreeMap<String, String>>,
    /// Its address pools; none: the engine's choice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ipam_config: Vec<Pool>,
    /// The containers in it, by name, with their IDs.
    #[serde(serialize_with = "keys")]
    pub connected: BTreeMap<String, String>,
}

impl Network {
    /// What the engine will make of a new network: the API's defaults where nothing is asked for.
    #[must_use]
    pub fn with_defaults(mut self) -> Network {
        self.enable_ipv4.get_or_insert(true);
        for switch in
            [&mut self.enable_ipv6, &mut self.internal, &mut self.attachable, &mut self.ingress, &mut self.config_only]
        {
            switch.get_or_insert(false);
        }
        // As the built-in drivers have it; one of a plug-in may reach further.
        let scope = if self.driver == "overlay" { "swarm" } else { "local" };
        self.scope.get_or_insert_with(|| scope.to_owned());
        self.config_from.get_or_insert_default();
        self.ipam_driver.get_or_insert_with(|| "default".to_owned());
        self.ipam_driver_options.get_or_insert_default();
        self
    }

    /// Whether a user who writes `word` means this network.
    pub fn is_meant_by(&self, word: &str) -> bool {
        means(word, &self.name, &self.id)
    }

    /// The name and ID of the connected container that a user means by `word`.
    pub fn member(&self, word: &str) -> Option<(&str, &str)> {
        let members = self.connected.iter().map(|(name, id)| (name.as_str(), id.as_str()));
        members.into_iter().find(|(name, id)| means(word, name, id))
    }
}

impl Engine {
    /// The network with this name, or this ID (12 digits of it or more). `None` when there is none.
    ///
    /// # Errors
    /// The engine can't be reached or refuses.
    pub async fn network(&self, name: &str) -> Result<Option<Inspected<Network>>, Error> {
        // Without a name the path would be the list's.
        if name.is_empty() {
            return Ok(None);
        }
        let raw = match self.get_optional(&format!("/networks/{name}"), &[]).await {
            Err(Error::Api { message, .. }) if message.contains("is ambiguous") => self.first_network(name).await?,
            answer => answer?,
        };
        let found = raw.map(|raw| Inspected::<Network>::new(raw, &format!("network {name}"))).transpose()?;
        Ok(found.filter(|network| network.typed.is_meant_by(name)))
    }

    /// The first network of the list that `name` fits, for a name that the engine finds ambiguous.
    async fn first_network(&self, name: &str) -> Result<Option<serde_json::Value>, Error> {
        let list: Vec<Network> = Inspected::new(self.get("/networks", &[]).await?, "the list of networks")?.typed;
        let named = list.iter().find(|network| network.name == name);
        match named.or_else(|| list.iter().find(|network| network.id.starts_with(name))) {
            Some(network) => self.get_optional(&format!("/networks/{}", network.id), &[]).await,
            None => Ok(None),
        }
    }
}

fn keys<S: Serializer>(map: &BTreeMap<String, String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(map.keys())
}

/// A network as the engine writes it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Wire {
    id: String,
    name: String,
    driver: String,
    options: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    #[serde(rename = "EnableIPv4")]
    enable_ipv4: Option<bool>,
    #[serde(rename = "EnableIPv6")]
    enable_ipv6: bool,
    internal: bool,
    attachable: bool,
    ingress: bool,
    scope: Option<String>,
    config_only: bool,
    config_from: WireConfigFrom,
    #[serde(rename = "IPAM")]
    ipam: WireIpam,
    containers: BTreeMap<String, WireMember>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct WireConfigFrom {
    network: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct WireIpam {
    driver: Option<String>,
    options: BTreeMap<String, String>,
    config: Vec<Pool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct WireMember {
    name: String,
}

impl From<Wire> for Network {
    fn from(mut wire: Wire) -> Self {
        // The swarm's allocator leaves this note to itself among the user's options.
        wire.ipam.options.remove("com.docker.network.ipam.serial");
        Network {
            id: wire.id,
            name: wire.name,
            driver: wire.driver,
            driver_options: wire.options,
            labels: wire.labels,
            enable_ipv4: Some(wire.enable_ipv4.unwrap_or(true)),
            enable_ipv6: Some(wire.enable_ipv6),
            internal: Some(wire.internal),
            attachable: Some(wire.attachable),
            ingress: Some(wire.ingress),
            scope: wire.scope,
            config_only: Some(wire.config_only),
            config_from: Some(wire.config_from.network),
            ipam_driver: wire.ipam.driver,
            ipam_driver_options: Some(wire.ipam.options),
            ipam_config: wire.ipam.config,
            connected: wire
                .containers
                .into_iter()
                .filter(|(key, _)| !is_load_balancer(key))
                .map(|(id, member)| (member.name, id))
                .collect(),
        }
    }
}

/// The swarm's own endpoints stand among a network's containers; the engine removes them with the network.
fn is_load_balancer(key: &str) -> bool {
    key.starts_with("lb-") || key == "ingress-sbox"
}

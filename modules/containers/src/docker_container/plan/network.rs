//! Networks: the one the container starts in, those it is connected to, and how it finds names.

use std::collections::{BTreeMap, BTreeSet};

use docker::container::{Container as Inspect, Endpoint as InspectEndpoint};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::options::networks::{Network, canonical_address, canonical_mac};
use super::super::options::{Comparison, Options};
use super::body::{Body, put};
use super::compare::{Compare, Kind};

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Networking {
    network_mode: Option<String>,
    dns_servers: Option<Vec<String>>,
    dns_opts: Option<BTreeSet<String>>,
    dns_search_domains: Option<Vec<String>>,
    /// `NAME:ADDRESS`
    etc_hosts: Option<BTreeSet<String>>,
    /// `/CONTAINER:/NAME/ALIAS`
    links: Option<BTreeSet<String>>,
    mac_address: Option<String>,
}

impl From<&Inspect> for Networking {
    fn from(inspect: &Inspect) -> Self {
        let host = &inspect.host_config;
        Networking {
            network_mode: Some(host.network_mode.clone()),
            dns_servers: Some(host.dns.clone()),
            dns_opts: Some(host.dns_options.iter().cloned().collect()),
            dns_search_domains: Some(host.dns_search.clone()),
            etc_hosts: Some(host.extra_hosts.iter().cloned().collect()),
            links: Some(host.links.iter().cloned().collect()),
            mac_address: mac_address(inspect),
        }
    }
}

impl Networking {
    pub fn overlay(&mut self, wish: &Options, compare: &Compare) {
        // The engine says what `default` means: bridge on Linux (since 26.1), nat on Windows.
        let is_default = matches!(self.network_mode.as_deref(), Some("bridge" | "nat"));
        let mode = wish.network_mode().filter(|mode| !(*mode == "default" && is_default));
        compare.value("network_mode", &mut self.network_mode, mode.map(str::to_owned));
        compare.list("dns_servers", &mut self.dns_servers, wish.dns_servers.clone());
        compare.set("dns_opts", &mut self.dns_opts, wish.dns_opts.clone(), []);
        compare.list("dns_search_domains", &mut self.dns_search_domains, wish.dns_search_domains.clone());
        let hosts = wish.etc_hosts.as_ref();
        let hosts = hosts.map(|hosts| hosts.iter().map(|(name, address)| format!("{name}:{}", address.0)).collect());
        compare.set("etc_hosts", &mut self.etc_hosts, hosts, []);
        compare.set("links", &mut self.links, wish.links.as_ref().map(|links| links.of(&wish.name)), []);
        compare.value("mac_address", &mut self.mac_address, wish.mac_address());
    }

    pub fn write(&self, body: &mut Body) {
        let host = &mut body.host_config;
        put(host, "NetworkMode", &self.network_mode);
        put(host, "Dns", &self.dns_servers);
        put(host, "DnsOptions", &self.dns_opts);
        put(host, "DnsSearch", &self.dns_search_domains);
        put(host, "ExtraHosts", &self.etc_hosts);
        put(host, "Links", &self.links);
        put(&mut body.config, "MacAddress", &self.mac_address);
    }
}

/// The container's address: what its creator named, or the one it has in the network that it starts in.
fn mac_address(inspect: &Inspect) -> Option<String> {
    let mode = inspect.host_config.network_mode.as_str();
    let mode = if mode == "default" { "bridge" } else { mode };
    let endpoint = inspect.network_settings.networks.get(mode).map(|endpoint| &endpoint.mac_address);
    [Some(&inspect.config.mac_address), endpoint]
        .into_iter()
        .flatten()
        .find(|address| !address.is_empty())
        .map(|address| canonical_mac(address))
}

/// The container's place in a network. The engine connects and disconnects while the container runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Endpoint {
    ipv4_address: Option<String>,
    ipv6_address: Option<String>,
    aliases: BTreeSet<String>,
    /// `CONTAINER:ALIAS`
    links: BTreeSet<String>,
    mac_address: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    driver_opts: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gw_priority: Option<i64>,
}

impl From<&InspectEndpoint> for Endpoint {
    fn from(endpoint: &InspectEndpoint) -> Self {
        let address = |text: &str| Some(canonical_address(text)).filter(|text| !text.is_empty());
        Endpoint {
            ipv4_address: address(&endpoint.ipam_config.ipv4_address),
            ipv6_address: address(&endpoint.ipam_config.ipv6_address),
            aliases: endpoint.aliases.iter().cloned().collect(),
            links: endpoint.links.iter().cloned().collect(),
            mac_address: Some(canonical_mac(&endpoint.mac_address)),
            driver_opts: endpoint.driver_opts.clone(),
            gw_priority: Some(endpoint.gw_priority),
        }
    }
}

impl Endpoint {
    /// What is there with the wish laid over it: addresses replace, aliases and links are added. A driver's options and
    /// the gateway's priority only count when the connection is made, as in the peer.
    fn overlaid(mut self, wish: &Network) -> Self {
        let address = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(canonical_address);
        self.ipv4_address = address(&wish.ipv4_address).or(self.ipv4_address);
        self.ipv6_address = address(&wish.ipv6_address).or(self.ipv6_address);
        self.aliases.extend(wish.aliases.clone().unwrap_or_default());
        self.links.extend(wish.links().unwrap_or_default());
        self.mac_address = wish.mac_address().or(self.mac_address);
        self
    }

    /// A connection that is made as the user wishes it.
    pub fn wished(wish: &Network) -> Self {
        let made = Endpoint { driver_opts: wish.driver_opts().unwrap_or_default(), ..Endpoint::default() };
        Endpoint { gw_priority: wish.gw_priority, ..made.overlaid(wish) }
    }

    /// As the engine takes it.
    pub fn wire(&self) -> Value {
        let mut endpoint = Map::new();
        if self.ipv4_address.is_some() || self.ipv6_address.is_some() {
            let mut ipam = Map::new();
            put(&mut ipam, "IPv4Address", &self.ipv4_address);
            put(&mut ipam, "IPv6Address", &self.ipv6_address);
            endpoint.insert("IPAMConfig".to_owned(), Value::Object(ipam));
        }
        put(&mut endpoint, "Aliases", &Some(&self.aliases).filter(|aliases| !aliases.is_empty()));
        put(&mut endpoint, "Links", &Some(&self.links).filter(|links| !links.is_empty()));
        put(&mut endpoint, "MacAddress", &self.mac_address);
        put(&mut endpoint, "DriverOpts", &Some(&self.driver_opts).filter(|options| !options.is_empty()));
        put(&mut endpoint, "GwPriority", &self.gw_priority);
        json!(endpoint)
    }
}

/// The connections that should be there, by the network's name.
pub fn connections(
    there: &BTreeMap<String, Endpoint>,
    options: &Options,
    compare: &Compare,
) -> BTreeMap<String, Endpoint> {
    let mode = compare.mode("networks", Kind::Collection, Comparison::AllowMorePresent);
    let (Some(wishes), false) = (&options.networks, mode == Comparison::Ignore) else { return there.clone() };
    let mut wanted = there.clone();
    if mode == Comparison::Strict {
        wanted.retain(|name, _| wishes.iter().any(|wish| wish.name == *name));
    }
    for wish in wishes {
        let endpoint = match wanted.remove(&wish.name) {
            Some(present) => present.overlaid(wish),
            None => Endpoint::wished(wish),
        };
        wanted.insert(wish.name.clone(), endpoint);
    }
    wanted
}

/// The network in which the engine starts a container although strict `networks` do not name it.
pub fn left_at_once(options: &Options) -> Option<String> {
    let wishes = options.networks.as_ref()?;
    let compare = Compare::existing(options);
    let strict = compare.mode("networks", Kind::Collection, Comparison::AllowMorePresent) == Comparison::Strict;
    let first = match options.network_mode() {
        None | Some("default") => "bridge",
        Some("none" | "host") => return None,
        Some(mode) if mode.contains(':') => return None,
        Some(mode) => mode,
    };
    (strict && !wishes.iter().any(|wish| wish.name == first)).then(|| first.to_owned())
}

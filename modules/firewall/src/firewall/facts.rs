//! What the engine tells of its networks and its swarm.

use std::collections::BTreeMap;
use std::net::IpAddr;

use docker::{Engine, Error, LocalNode, Network, Part};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which of the kernel's interfaces Docker filters by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FiltersBy {
    Iptables,
    Nftables,
}

/// A network of containers on this host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bridge {
    pub interface: String,
    #[serde(default)]
    pub subnets: Vec<IpNet>,
    /// Whether its containers are reached without translation of addresses.
    #[serde(default)]
    pub routed: bool,
}

/// What is known; nothing, where no engine was asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Whether an engine was asked.
    pub known: bool,
    pub filters_by: Option<FiltersBy>,
    pub bridges: Vec<Bridge>,
    pub overlays: Vec<IpNet>,
    pub overlay_pool: Vec<IpNet>,
    /// The swarm's other nodes.
    pub peers: Vec<IpAddr>,
    /// This node's own address in the swarm.
    pub own_addresses: Vec<IpAddr>,
    pub data_path_port: Option<u16>,
}

impl Facts {
    /// By the names that rules use.
    pub fn sets(&self) -> BTreeMap<&'static str, Vec<IpNet>> {
        let bridges: Vec<IpNet> = self.bridges.iter().flat_map(|bridge| bridge.subnets.iter().copied()).collect();
        let peers: Vec<IpNet> = self.peers.iter().copied().map(IpNet::from).collect();
        [("bridges", &bridges), ("overlays", &self.overlays), ("overlay_pool", &self.overlay_pool), ("peers", &peers)]
            .map(|(name, nets)| (name, IpNet::aggregate(nets)))
            .into()
    }
}

/// Asks the engine.
///
/// # Errors
/// It can't be reached, or refuses.
pub async fn of(engine: &Engine) -> Result<Facts, Error> {
    let info = engine.get("/info", &[]).await?;
    let networks: Vec<Network> =
        docker::Inspected::new(engine.get("/networks", &[]).await?, "the list of networks")?.typed;
    let mut facts = Facts { known: true, filters_by: Some(filters_by(&info)), ..Facts::default() };
    for network in &networks {
        let subnets =
            network.ipam_config.iter().filter_map(|pool| pool.subnet.as_ref()?.to_string().parse::<IpNet>().ok());
        match network.driver.as_str() {
            "bridge" => facts.bridges.push(bridge(network, subnets.collect())),
            "overlay" => facts.overlays.extend(subnets),
            _ => {}
        }
    }
    facts.bridges.sort_by(|one, other| one.interface.cmp(&other.interface));
    let swarm = info.get("Swarm").cloned().unwrap_or_default();
    let local: LocalNode = serde_json::from_value(swarm.clone()).unwrap_or_default();
    if local.part() == Part::None {
        return Ok(facts);
    }
    facts.own_addresses.extend(address(swarm.get("NodeAddr")));
    let told = if local.part() == Part::Manager {
        let (swarm, nodes) = (engine.get("/swarm", &[]).await?, engine.get("/nodes", &[]).await?);
        let pool = swarm.get("DefaultAddrPool").and_then(Value::as_array).cloned().unwrap_or_default();
        facts.overlay_pool = pool.iter().filter_map(|net| net.as_str()?.parse().ok()).collect();
        let port = swarm.get("DataPathPort").and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok());
        facts.data_path_port = port.filter(|port| *port != 0);
        let nodes = nodes.as_array().cloned().unwrap_or_default();
        nodes.into_iter().map(|node| docker::with_leaders_address(node)["Status"]["Addr"].clone()).collect()
    } else {
        let managers = swarm.get("RemoteManagers").and_then(Value::as_array).cloned().unwrap_or_default();
        managers.iter().map(|manager| manager["Addr"].clone()).collect::<Vec<Value>>()
    };
    let own = facts.own_addresses.clone();
    facts.peers = told.iter().filter_map(|told| address(Some(told))).filter(|peer| !own.contains(peer)).collect();
    facts.peers.sort_unstable();
    facts.peers.dedup();
    Ok(facts)
}

/// Engines before 29 don't say: they have iptables only.
fn filters_by(info: &Value) -> FiltersBy {
    match info.pointer("/FirewallBackend/Driver").and_then(Value::as_str) {
        Some(driver) if driver.starts_with("nftables") => FiltersBy::Nftables,
        _ => FiltersBy::Iptables,
    }
}

fn bridge(network: &Network, subnets: Vec<IpNet>) -> Bridge {
    let option = |name: &str| network.driver_options.get(&format!("com.docker.network.bridge.{name}"));
    let named = option("name").cloned();
    let interface = named.unwrap_or_else(|| format!("br-{}", network.id.get(..12).unwrap_or(&network.id)));
    let routed = ["gateway_mode_ipv4", "gateway_mode_ipv6"]
        .iter()
        .any(|name| option(name).is_some_and(|mode| mode == "routed" || mode == "nat-unprotected"));
    Bridge { interface, subnets, routed }
}

/// `192.0.2.11` or `192.0.2.11:2377`; the address of a node that listens everywhere is none.
fn address(told: Option<&Value>) -> Option<IpAddr> {
    let told = told?.as_str()?;
    let socket = told.parse::<std::net::SocketAddr>().map(|socket| socket.ip());
    socket.or_else(|_| told.parse()).ok().filter(|address| !address.is_unspecified())
}

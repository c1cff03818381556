//! The options of `firewall`.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub state: State,
    pub backend: BackendWish,
    pub policies: Policies,
    pub zones: Vec<Zone>,
    pub sets: Vec<Set>,
    pub rules: Vec<Rule>,
    pub nat: Vec<Nat>,
    pub swarm: Swarm,
    pub ping: bool,
    pub log: Log,
    pub unknown_interfaces: UnknownInterfaces,
    pub docker: Docker,
    pub rollback: Option<i64>,
    pub confirm: Confirm,
    pub persist: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Present,
    Absent,
    Confirmed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackendWish {
    Auto,
    Iptables,
    Nftables,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Policies {
    pub input: Policy,
    pub published: Policy,
    pub egress: Policy,
    pub forward: ForwardPolicy,
    pub output: Policy,
}

/// What becomes of traffic that no rule decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    Accept,
    Drop,
    Reject,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ForwardPolicy {
    Keep,
    Accept,
    Drop,
    Reject,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Zone {
    pub name: String,
    pub interfaces: Vec<String>,
    pub sources: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Set {
    pub name: String,
    pub addresses: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Rule {
    pub name: Option<String>,
    pub chain: Vec<Chain>,
    pub action: Action,
    pub protocol: Vec<String>,
    pub ports: Vec<String>,
    pub source_ports: Vec<String>,
    pub icmp_types: Vec<u8>,
    pub zones: Vec<String>,
    pub interfaces: Vec<String>,
    pub out_interfaces: Vec<String>,
    pub sources: Vec<String>,
    pub destinations: Vec<String>,
    pub ip_version: IpVersion,
    pub limit: Option<String>,
    pub burst: u32,
    pub log: bool,
    pub weight: i64,
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Chain {
    Input,
    Published,
    Egress,
    Forward,
    Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Accept,
    Drop,
    Reject,
    Log,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IpVersion {
    Both,
    Ipv4,
    Ipv6,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Nat {
    pub name: Option<String>,
    pub action: NatAction,
    pub protocol: Vec<String>,
    pub ports: Vec<String>,
    pub interfaces: Vec<String>,
    pub out_interfaces: Vec<String>,
    pub sources: Vec<String>,
    pub destinations: Vec<String>,
    pub ip_version: Option<IpVersion>,
    pub to: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NatAction {
    Masquerade,
    Snat,
    Dnat,
    Redirect,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Swarm {
    pub peers: Vec<String>,
    pub from_engine: bool,
    pub data_path_port: Option<u16>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Log {
    pub denied: bool,
    pub limit: String,
    pub burst: u32,
    pub prefix: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownInterfaces {
    Refuse,
    Accept,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Docker {
    Auto,
    Required,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confirm {
    Auto,
    Manual,
}

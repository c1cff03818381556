//! The options of `iptables`.

use netfilter::Family;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub table: String,
    pub state: State,
    pub action: Where,
    pub ip_version: IpVersion,
    pub chain: Option<String>,
    pub rule_num: Option<String>,
    pub wait: Option<String>,
    pub flush: bool,
    pub policy: Option<String>,
    pub chain_management: bool,
    /// Lists are numeric anyway.
    #[serde(rename = "numeric")]
    _numeric: bool,

    pub protocol: Option<String>,
    pub source: Option<String>,
    pub to_source: Option<String>,
    pub destination: Option<String>,
    pub to_destination: Option<String>,
    #[serde(rename = "match")]
    pub matches: Vec<String>,
    pub tcp_flags: Option<TcpFlags>,
    pub jump: Option<String>,
    pub gateway: Option<String>,
    pub log_prefix: Option<String>,
    pub log_level: Option<String>,
    pub goto: Option<String>,
    pub in_interface: Option<String>,
    pub out_interface: Option<String>,
    pub fragment: Option<String>,
    pub set_counters: Option<String>,
    pub source_port: Option<String>,
    pub destination_port: Option<String>,
    pub destination_ports: Vec<String>,
    pub to_ports: Option<String>,
    pub set_dscp_mark: Option<String>,
    pub set_dscp_mark_class: Option<String>,
    pub comment: Option<String>,
    pub ctstate: Vec<String>,
    pub src_range: Option<String>,
    pub dst_range: Option<String>,
    pub match_set: Option<String>,
    pub match_set_flags: Option<String>,
    pub limit: Option<String>,
    pub limit_burst: Option<String>,
    pub uid_owner: Option<String>,
    pub gid_owner: Option<String>,
    pub reject_with: Option<String>,
    pub icmp_type: Option<String>,
    pub syn: Syn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Absent,
    Present,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Where {
    Append,
    Insert,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IpVersion {
    Ipv4,
    Ipv6,
    Both,
}

impl IpVersion {
    pub fn families(self) -> &'static [Family] {
        match self {
            IpVersion::Ipv4 => &[Family::V4],
            IpVersion::Ipv6 => &[Family::V6],
            IpVersion::Both => &Family::ALL,
        }
    }

    /// As it is returned.
    pub fn name(self) -> &'static str {
        match self {
            IpVersion::Ipv4 => "ipv4",
            IpVersion::Ipv6 => "ipv6",
            IpVersion::Both => "both",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Syn {
    Ignore,
    Match,
    Negate,
}

#[derive(Debug, Deserialize)]
pub struct TcpFlags {
    pub flags: Option<Vec<String>>,
    pub flags_set: Option<Vec<String>>,
}

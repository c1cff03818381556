//! The options of `iptables_state`.

use netfilter::Family;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub path: String,
    pub state: State,
    pub table: Option<String>,
    pub noflush: bool,
    pub counters: bool,
    pub modprobe: Option<String>,
    pub ip_version: IpVersion,
    pub wait: Option<i64>,
    pub rollback: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Saved,
    Restored,
    Confirmed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IpVersion {
    Ipv4,
    Ipv6,
}

impl IpVersion {
    pub fn family(self) -> Family {
        match self {
            IpVersion::Ipv4 => Family::V4,
            IpVersion::Ipv6 => Family::V6,
        }
    }
}

//! Reads one translation of addresses.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use ansible::Failure;
use ipnet::IpNet;

use super::address::Family;
use super::places::Places;
use super::rule::{About, check_name, matchings};
use super::word::Ports;
use super::{Label, Nat};
use crate::firewall::options::{self, IpVersion, NatAction};

/// Where something is sent on to, or seems to come from.
#[derive(Clone, Debug, PartialEq)]
pub enum To {
    Address(IpAddr),
    Socket(SocketAddr),
    Ports(Ports),
}

impl To {
    fn family(&self) -> Option<Family> {
        let address = match self {
            To::Address(address) => *address,
            To::Socket(socket) => socket.ip(),
            To::Ports(_) => return None,
        };
        Some(Family::of(&IpNet::from(address)))
    }
}

/// As iptables writes it.
impl fmt::Display for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            To::Address(address) => write!(f, "{address}"),
            To::Socket(socket) => write!(f, "{socket}"),
            To::Ports(ports) if ports.first == ports.last => write!(f, "{}", ports.first),
            To::Ports(ports) => write!(f, "{}-{}", ports.first, ports.last),
        }
    }
}

pub fn read(label: Label, nat: &options::Nat, places: &Places<'_>) -> Result<Nat, Failure> {
    check_name(&label)?;
    let to = to(&label, nat)?;
    let comes_in = matches!(nat.action, NatAction::Dnat | NatAction::Redirect);
    if comes_in && !nat.out_interfaces.is_empty() {
        return Err(label.refuse("`out_interfaces`: where it leaves is not known yet; use `interfaces`"));
    }
    if !comes_in && !nat.interfaces.is_empty() {
        return Err(
            label.refuse("`interfaces`: where it came in is not known any more; use `out_interfaces` or `sources`")
        );
    }
    if comes_in && nat.ports.is_empty() && matches!(to, Some(To::Socket(_) | To::Ports(_))) {
        return Err(label.refuse("`to` has a port, so `ports` must say which ports are translated to it"));
    }
    if comes_in && nat.interfaces.is_empty() && nat.destinations.is_empty() {
        return Err(label.refuse(
            "without `interfaces` or `destinations` it would take what containers and the host send to others; give one of them",
        ));
    }
    let ip_version = match (nat.ip_version, to.as_ref().and_then(To::family)) {
        (Some(IpVersion::Ipv4), Some(Family::V6)) | (Some(IpVersion::Ipv6), Some(Family::V4)) => {
            return Err(label.refuse("`to` is an address of the other family than `ip_version`"));
        }
        (_, Some(Family::V4)) => IpVersion::Ipv4,
        (_, Some(Family::V6)) => IpVersion::Ipv6,
        (Some(version), None) => version,
        (None, None) if nat.sources.is_empty() && nat.destinations.is_empty() => IpVersion::Ipv4,
        (None, None) => IpVersion::Both,
    };
    let about = About {
        protocol: &nat.protocol,
        ports: &nat.ports,
        source_ports: &[],
        icmp_types: &[],
        zones: &[],
        interfaces: &nat.interfaces,
        out_interfaces: &nat.out_interfaces,
        sources: &nat.sources,
        destinations: &nat.destinations,
        ip_version,
    };
    let matchings = matchings(&label, &about, places)?;
    Ok(Nat { action: nat.action, to, matchings, label })
}

fn to(label: &Label, nat: &options::Nat) -> Result<Option<To>, Failure> {
    let refuse = |why: &str| Err(label.refuse(format!("`to`: {why}")));
    let text = nat.to.as_deref().map(str::trim).unwrap_or_default();
    let parsed = text
        .parse()
        .map(To::Address)
        .or_else(|_| text.parse().map(To::Socket))
        .ok()
        .or_else(|| Ports::read(text).ok().map(To::Ports));
    match (nat.action, parsed) {
        (NatAction::Masquerade, None) if text.is_empty() => Ok(None),
        (NatAction::Masquerade, _) => {
            refuse("masquerade takes the address of the interface; leave it out, or use snat")
        }
        (NatAction::Snat, Some(to @ To::Address(_))) => Ok(Some(to)),
        (NatAction::Snat, _) => refuse("snat needs the address that the traffic shall come from"),
        (NatAction::Dnat, Some(to @ (To::Address(_) | To::Socket(_)))) => Ok(Some(to)),
        (NatAction::Dnat, _) => refuse("dnat needs an address, or one with a port: 10.0.0.5:443, [fd00::5]:443"),
        (NatAction::Redirect, Some(to @ To::Ports(_))) => Ok(Some(to)),
        (NatAction::Redirect, _) => refuse("redirect needs a port of the host"),
    }
}

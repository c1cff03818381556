//! Reads one rule.

use ansible::Failure;
use ipnet::IpNet;

use super::address::{self, Family};
use super::places::{Places, Zone};
use super::word::{Interface, Ports, Protocol, Rate};
use super::{Label, Matching, Rule, burst, families};
use crate::firewall::options::{self, Chain, IpVersion};

/// What iptables takes as a comment, less what we need.
const LONGEST_NAME: usize = 200;

/// A rule, for one of the chains that it is about.
pub fn read(label: Label, rule: &options::Rule, chain: Chain, places: &Places<'_>) -> Result<Rule, Failure> {
    check_name(&label)?;
    let limit = match &rule.limit {
        Some(text) => {
            let rate = Rate::read(text).map_err(|why| label.refuse(format!("`limit`: {why}")))?;
            Some((rate, burst(&format!("{label}: `burst`"), rule.burst)?))
        }
        None => None,
    };
    let sides: [(bool, &str, &str); 2] = [
        (
            chain == Chain::Output && !(rule.interfaces.is_empty() && rule.zones.is_empty()),
            "`interfaces` and `zones`: what the host sends comes in by none",
            "use `out_interfaces`",
        ),
        (
            chain == Chain::Input && !rule.out_interfaces.is_empty(),
            "`out_interfaces`: what is sent to the host leaves by none",
            "use `interfaces`, or `chain` forward",
        ),
    ];
    for (wrong, what, mend) in sides {
        if wrong {
            return Err(label.refuse(format!("{what}; {mend}")));
        }
    }
    let about = About {
        protocol: &rule.protocol,
        ports: &rule.ports,
        source_ports: &rule.source_ports,
        icmp_types: &rule.icmp_types,
        zones: &rule.zones,
        interfaces: &rule.interfaces,
        out_interfaces: &rule.out_interfaces,
        sources: &rule.sources,
        destinations: &rule.destinations,
        ip_version: rule.ip_version,
    };
    let matchings = matchings(&label, &about, places)?;
    Ok(Rule { chain, action: rule.action, log: rule.log, limit, matchings, label })
}

pub fn check_name(label: &Label) -> Result<(), Failure> {
    let name = label.name.as_deref().unwrap_or_default();
    if name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(label.refuse(format!("`name`: it is one line of at most {LONGEST_NAME} bytes")));
    }
    Ok(())
}

/// The options that say what a rule matches, of whichever list it is.
pub struct About<'a> {
    pub protocol: &'a [String],
    pub ports: &'a [String],
    pub source_ports: &'a [String],
    pub icmp_types: &'a [u8],
    pub zones: &'a [String],
    pub interfaces: &'a [String],
    pub out_interfaces: &'a [String],
    pub sources: &'a [String],
    pub destinations: &'a [String],
    pub ip_version: IpVersion,
}

/// What a rule matches, for each family and each of its zones.
pub fn matchings(label: &Label, about: &About<'_>, places: &Places<'_>) -> Result<Vec<Matching>, Failure> {
    let refuse = |option: &str, why: String| label.refuse(format!("`{option}`: {why}"));
    let ports = all(about.ports, Ports::read).map_err(|why| refuse("ports", why))?;
    let source_ports = all(about.source_ports, Ports::read).map_err(|why| refuse("source_ports", why))?;
    let protocols = protocols(label, about)?;
    let interfaces = places.interfaces(about.interfaces).map_err(|why| refuse("interfaces", why))?;
    let out_interfaces = places.interfaces(about.out_interfaces).map_err(|why| refuse("out_interfaces", why))?;
    let sources = places.optional_nets(about.sources).map_err(|why| refuse("sources", why))?;
    let destinations = places.optional_nets(about.destinations).map_err(|why| refuse("destinations", why))?;
    one_family(label, about, "sources", about.sources)?;
    one_family(label, about, "destinations", about.destinations)?;

    let zones: Vec<Zone> = if about.zones.is_empty() {
        vec![Zone::default()]
    } else {
        all(about.zones, |name| places.zone(name).cloned()).map_err(|why| refuse("zones", why))?
    };
    let mut matchings = Vec::new();
    // Sets of the engine may be empty, and zones may be of one family; only what the user wrote can be a contradiction.
    let mut emptied = false;
    for zone in &zones {
        let Some(interfaces) = both(&interfaces, &zone.interfaces) else { continue };
        let from = match (&sources, &zone.sources) {
            (Some(one), Some(other)) => Some(address::intersection(one, other)),
            (one, other) => one.as_ref().or(other.as_ref()).cloned(),
        };
        for family in families(about.ip_version) {
            let (Some(sources), Some(destinations)) =
                (of_family(from.as_deref(), *family), of_family(destinations.as_deref(), *family))
            else {
                emptied = true;
                continue;
            };
            matchings.push(Matching {
                family: *family,
                protocols: protocols.clone(),
                ports: ports.clone(),
                source_ports: source_ports.clone(),
                icmp_types: about.icmp_types.to_vec(),
                interfaces: interfaces.clone(),
                out_interfaces: out_interfaces.clone(),
                sources,
                destinations,
            });
        }
    }
    let engine_has_none = [&sources, &destinations].into_iter().flatten().any(Vec::is_empty);
    if matchings.is_empty() && !engine_has_none {
        let why = if emptied {
            "its addresses have no family in common, or lie in none of its zones"
        } else {
            "its `interfaces` are in none of its zones"
        };
        return Err(label.refuse(format!("it can't match anything: {why}. Leave out what is too much")));
    }
    Ok(matchings)
}

/// Those of a family. `None`: there are addresses, but none of this family. Empty: anywhere.
fn of_family(nets: Option<&[IpNet]>, family: Family) -> Option<Vec<IpNet>> {
    let Some(nets) = nets else { return Some(Vec::new()) };
    let of_it: Vec<IpNet> = nets.iter().filter(|net| Family::of(net) == family).copied().collect();
    if of_it.is_empty() {
        return None;
    }
    // All addresses, written out.
    Some(if of_it.contains(&address::everything(family)) { Vec::new() } else { of_it })
}

/// An address that the user wrote in a rule for the other family.
fn one_family(label: &Label, about: &About<'_>, option: &str, words: &[String]) -> Result<(), Failure> {
    let families = families(about.ip_version);
    for word in words {
        if let Ok(address::Place::Nets(nets)) = address::read(word)
            && let Some(net) = nets.first()
            && !families.contains(&Family::of(net))
        {
            let (is, rule) = (Family::of(net).name(), if Family::of(net) == Family::V6 { "ipv4" } else { "ipv6" });
            return Err(label.refuse(format!(
                "`{option}`: {word} is {is}, but `ip_version` is {rule}. Leave `ip_version` out: the rule is for the families that its addresses have"
            )));
        }
    }
    Ok(())
}

/// The interfaces that are in both lists, an empty one being any; `None` when there are none.
fn both(rule: &[Interface], zone: &[Interface]) -> Option<Vec<Interface>> {
    if rule.is_empty() || zone.is_empty() {
        return Some(if rule.is_empty() { zone.to_vec() } else { rule.to_vec() });
    }
    let narrower = |one: &[Interface], other: &[Interface]| -> Vec<Interface> {
        one.iter().filter(|inner| other.iter().any(|outer| outer.covers(inner))).cloned().collect()
    };
    let mut found = narrower(rule, zone);
    found.extend(narrower(zone, rule));
    found.sort();
    found.dedup();
    (!found.is_empty()).then_some(found)
}

fn protocols(label: &Label, about: &About<'_>) -> Result<Vec<Protocol>, Failure> {
    let mut protocols =
        all(about.protocol, Protocol::read).map_err(|why| label.refuse(format!("`protocol`: {why}")))?;
    let has_ports = !(about.ports.is_empty() && about.source_ports.is_empty());
    if has_ports && protocols.is_empty() {
        protocols.push(Protocol::Tcp);
    }
    if has_ports && let Some(index) = protocols.iter().position(|protocol| !protocol.has_ports()) {
        let written = about.protocol.get(index).map_or("icmp", String::as_str);
        return Err(label.refuse(format!(
            "`protocol`: {written} has no ports; leave out `ports` and `source_ports`, or make it a rule of its own"
        )));
    }
    if !about.icmp_types.is_empty() {
        if protocols.is_empty() {
            protocols.push(Protocol::Icmp);
        }
        if protocols != [Protocol::Icmp] {
            return Err(label.refuse("`icmp_types` go with `protocol` icmp alone"));
        }
        if about.ip_version == IpVersion::Both {
            return Err(label.refuse(
                "`icmp_types`: the types of IPv4 and IPv6 are not the same; say by `ip_version` which they are",
            ));
        }
    }
    protocols.sort_unstable();
    protocols.dedup();
    Ok(protocols)
}

fn all<T>(words: &[String], read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    words.iter().map(|word| read(word)).collect()
}

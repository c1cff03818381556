//! From what a rule matches to lines of iptables, which match one of each.

use std::collections::BTreeMap;
use std::fmt::Write;

use ipnet::IpNet;

use super::Line;
use crate::firewall::declare::address::Family;
use crate::firewall::declare::word::{Interface, Ports, Protocol};
use crate::firewall::declare::{Declaration, Label, Logging, Matching, Rule};
use crate::firewall::options::{Action, Policy};

/// Lists of addresses that are longer become a set.
const LONGEST_LIST: usize = 8;
/// What the match `multiport` holds; a range counts as two.
const MULTIPORT: usize = 15;

/// How the port that a rule names is found in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortOf {
    /// It is the packet's own.
    Packet,
    /// It is the one that the client used, before Docker translated it; `dnat`: it must have.
    Client { dnat: bool },
}

/// What lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allow {
    Return,
    Accept,
}

/// Sets by name, filled as lines need them.
pub type Sets = BTreeMap<String, Vec<IpNet>>;

/// The lines of one rule in one family.
pub fn of_rule(
    rule: &Rule,
    family: Family,
    port: PortOf,
    allow: Allow,
    log: &Logging,
    chain: &str,
    sets: &mut Sets,
) -> Vec<Line> {
    let mut lines = Vec::new();
    for matching in rule.matchings.iter().filter(|matching| matching.family == family) {
        for mut found in specs(matching, port, sets) {
            if rule.log || rule.action == Action::Log {
                let does = match rule.action {
                    Action::Accept => "accept",
                    Action::Drop => "drop",
                    Action::Reject => "reject",
                    Action::Log => "log",
                };
                let mut logged = found.clone();
                // What is counted for the log is not counted for the rule.
                logged.limit(rule, chain, "-log");
                lines.push(logged.log(log, chain, does).line(Some(&rule.label)));
            }
            found.limit(rule, chain, "");
            let decided = match (rule.action, allow) {
                (Action::Log, _) => continue,
                (Action::Accept, Allow::Return) => vec![found.to("RETURN")],
                (Action::Accept, Allow::Accept) => vec![found.to("ACCEPT")],
                (Action::Drop, _) => vec![found.to("DROP")],
                (Action::Reject, _) => found.reject(family),
            };
            lines.extend(decided.into_iter().map(|spec| spec.line(Some(&rule.label))));
        }
    }
    lines
}

/// The lines at the end of a chain, for what no rule has decided.
pub fn of_policy(policy: Policy, family: Family, declaration: &Declaration, chain: &str) -> Vec<Line> {
    let (does, specs) = match policy {
        Policy::Accept => return Vec::new(),
        Policy::Drop => ("drop", vec![Spec::default().to("DROP")]),
        Policy::Reject => ("reject", Spec::default().reject(family)),
    };
    let mut lines = Vec::new();
    if declaration.log.denied {
        lines.push(Spec::default().log(&declaration.log, chain, does).line(None));
    }
    lines.extend(specs.into_iter().map(|spec| spec.line(None)));
    lines
}

/// A line that is the same for everybody.
pub fn fixed(spec: impl Into<String>) -> Line {
    Line { spec: spec.into(), label: None }
}

/// A list of addresses as alternatives: each of a short one, the set of a long one.
pub fn places(flag: &str, direction: &str, nets: &[IpNet], sets: &mut Sets) -> Vec<(String, String)> {
    if nets.is_empty() {
        return vec![(String::new(), String::new())];
    }
    if nets.len() <= LONGEST_LIST {
        return nets.iter().map(|net| (format!("{flag} {net}"), String::new())).collect();
    }
    let name = set_name(nets);
    sets.insert(name.clone(), nets.to_vec());
    vec![(String::new(), format!("-m set --match-set {name} {direction}"))]
}

/// Of sets with the same name the content is the same, so a set never changes. FNV-1a: this is no secret.
fn set_name(nets: &[IpNet]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in nets.iter().flat_map(|net| format!("{net} ").into_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let family = nets.first().map_or(4, |net| if Family::of(net) == Family::V4 { 4 } else { 6 });
    format!("CDGP-{family}-{hash:016x}")
}

/// A line in the making: addresses and interfaces, protocol, matches, target, in the order of iptables-save.
#[derive(Clone, Debug, Default)]
struct Spec {
    head: String,
    protocol: Option<Protocol>,
    family: Option<Family>,
    matches: String,
    target: String,
}

impl Spec {
    fn add(&mut self, part: &str) {
        if !part.is_empty() {
            if !self.matches.is_empty() {
                self.matches.push(' ');
            }
            self.matches.push_str(part);
        }
    }

    /// By number: lines of a rule share what is counted.
    fn limit(&mut self, rule: &Rule, chain: &str, more: &str) {
        if let Some((rate, burst)) = &rule.limit {
            let name = format!("cdgp-{chain}-{}{more}", rule.label.number);
            self.add(&format!(
                "-m hashlimit --hashlimit-upto {rate} --hashlimit-burst {burst} --hashlimit-mode srcip --hashlimit-name {name}"
            ));
        }
    }

    fn to(mut self, target: &str) -> Spec {
        target.clone_into(&mut self.target);
        self
    }

    fn log(mut self, log: &Logging, chain: &str, does: &str) -> Spec {
        self.add(&format!("-m limit --limit {} --limit-burst {}", log.rate, log.burst));
        self.to(&format!("LOG --log-prefix \"{}{chain} {does}: \"", log.prefix))
    }

    /// TCP gets a reset, since that is what ends a connection at once; all else an ICMP.
    fn reject(self, family: Family) -> Vec<Spec> {
        let unreachable = match family {
            Family::V4 => "REJECT --reject-with icmp-port-unreachable",
            Family::V6 => "REJECT --reject-with icmp6-port-unreachable",
        };
        let reset = "REJECT --reject-with tcp-reset";
        match self.protocol {
            Some(Protocol::Tcp) => vec![self.to(reset)],
            Some(_) => vec![self.to(unreachable)],
            None => vec![Spec { protocol: Some(Protocol::Tcp), ..self.clone() }.to(reset), self.to(unreachable)],
        }
    }

    fn line(self, label: Option<&Label>) -> Line {
        let mut parts = vec![self.head.clone()];
        parts.extend(self.protocol.map(|protocol| format!("-p {}", protocol_name(protocol, self.family))));
        parts.push(self.matches.clone());
        if let Some(name) = label.and_then(|label| label.name.as_deref()) {
            let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
            parts.push(format!("-m comment --comment \"{escaped}\""));
        }
        parts.push(format!("-j {}", self.target));
        parts.retain(|part| !part.is_empty());
        Line { spec: parts.join(" "), label: label.cloned() }
    }
}

fn protocol_name(protocol: Protocol, family: Option<Family>) -> String {
    match (protocol, family) {
        (Protocol::Tcp, _) => "tcp".to_owned(),
        (Protocol::Udp, _) => "udp".to_owned(),
        (Protocol::Sctp, _) => "sctp".to_owned(),
        (Protocol::Icmp, Some(Family::V6)) => "ipv6-icmp".to_owned(),
        (Protocol::Icmp, _) => "icmp".to_owned(),
        (Protocol::Other(number), _) => number.to_string(),
    }
}

/// Every combination of what a rule matches.
fn specs(matching: &Matching, port: PortOf, sets: &mut Sets) -> Vec<Spec> {
    let protocols: Vec<Option<Protocol>> =
        if matching.protocols.is_empty() { vec![None] } else { matching.protocols.iter().copied().map(Some).collect() };
    let sources = places("-s", "src", &matching.sources, sets);
    let destinations = match port {
        PortOf::Packet => places("-d", "dst", &matching.destinations, sets),
        PortOf::Client { .. } => vec![(String::new(), String::new())],
    };
    let mut specs = Vec::new();
    for input in interfaces("-i", &matching.interfaces) {
        for output in interfaces("-o", &matching.out_interfaces) {
            for (source, source_set) in &sources {
                for (destination, destination_set) in &destinations {
                    for protocol in &protocols {
                        for last in endings(matching, *protocol, port) {
                            let head: Vec<&str> = [source, destination, &input, &output]
                                .map(String::as_str)
                                .into_iter()
                                .filter(|part| !part.is_empty())
                                .collect();
                            let mut spec = Spec {
                                head: head.join(" "),
                                protocol: *protocol,
                                family: Some(matching.family),
                                ..Spec::default()
                            };
                            for part in [source_set, destination_set, &last] {
                                spec.add(part);
                            }
                            specs.push(spec);
                        }
                    }
                }
            }
        }
    }
    specs
}

fn interfaces(flag: &str, interfaces: &[Interface]) -> Vec<String> {
    if interfaces.is_empty() {
        return vec![String::new()];
    }
    interfaces.iter().map(|interface| format!("{flag} {}", interface.0)).collect()
}

/// Ports and types, and for what Docker translated also the address: each an alternative.
fn endings(matching: &Matching, protocol: Option<Protocol>, port: PortOf) -> Vec<String> {
    if let (Some(Protocol::Icmp), false) = (protocol, matching.icmp_types.is_empty()) {
        let of_type = |number: &u8| match matching.family {
            Family::V4 => format!("-m icmp --icmp-type {number}"),
            Family::V6 => format!("-m icmp6 --icmpv6-type {number}"),
        };
        return matching.icmp_types.iter().map(of_type).collect();
    }
    let module = match protocol {
        Some(Protocol::Tcp) => "tcp",
        Some(Protocol::Udp) => "udp",
        Some(Protocol::Sctp) => "sctp",
        Some(Protocol::Icmp | Protocol::Other(_)) | None => "",
    };
    let from = ports(module, "sport", &matching.source_ports);
    let to = match port {
        PortOf::Packet => ports(module, "dport", &matching.ports),
        PortOf::Client { dnat } => original(matching, dnat),
    };
    let mut endings = Vec::new();
    for from in &from {
        for to in &to {
            // One port each, of the same protocol: iptables knows them as one match.
            let joined = match to.strip_prefix(&format!("-m {module} ")) {
                Some(rest) if !module.is_empty() && from.starts_with(&format!("-m {module} ")) => {
                    format!("{from} {rest}")
                }
                _ => [from.as_str(), to.as_str()].join(" ").trim().to_owned(),
            };
            endings.push(joined);
        }
    }
    endings
}

/// Ports of the packet itself.
fn ports(module: &str, flag: &str, ports: &[Ports]) -> Vec<String> {
    match ports {
        [] => vec![String::new()],
        [one] => vec![format!("-m {module} --{flag} {one}")],
        several => {
            let mut chunks: Vec<(usize, String)> = Vec::new();
            for ports in several {
                let slots = if ports.first == ports.last { 1 } else { 2 };
                match chunks.last_mut() {
                    Some((used, text)) if *used + slots <= MULTIPORT => {
                        *used += slots;
                        let _ = write!(text, ",{ports}");
                    }
                    _ => chunks.push((slots, format!("-m multiport --{flag}s {ports}"))),
                }
            }
            chunks.into_iter().map(|(_, text)| text).collect()
        }
    }
}

/// The port and the address that the client used.
fn original(matching: &Matching, dnat: bool) -> Vec<String> {
    let state = if dnat { " --ctstate DNAT" } else { "" };
    let any = |parts: Vec<String>| if parts.is_empty() { vec![String::new()] } else { parts };
    let addresses = any(matching.destinations.iter().map(|net| format!(" --ctorigdst {net}")).collect());
    let ports = any(matching.ports.iter().map(|ports| format!(" --ctorigdstport {ports}")).collect());
    let mut all = Vec::new();
    for address in &addresses {
        for ports in &ports {
            let direction = if address.is_empty() && ports.is_empty() { "" } else { " --ctdir ORIGINAL" };
            let options = format!("{state}{address}{ports}{direction}");
            all.push(if options.is_empty() { String::new() } else { format!("-m conntrack{options}") });
        }
    }
    all
}

/// The lines of a translation of addresses.
pub fn translated(matching: &Matching, target: &str, label: &Label, sets: &mut Sets) -> Vec<Line> {
    specs(matching, PortOf::Packet, sets).into_iter().map(|spec| spec.to(target).line(Some(label))).collect()
}

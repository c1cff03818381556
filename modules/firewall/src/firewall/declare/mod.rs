//! What the options declare, checked and resolved: names are addresses, each rule knows its families. Pure.

pub mod address;
mod nat;
mod places;
mod rule;
mod shadow;
pub mod word;

use std::collections::BTreeSet;
use std::fmt;

use ansible::Failure;
use ipnet::IpNet;

use self::address::Family;
use self::places::Places;
use self::word::{Interface, Ports, Protocol, Rate};
use super::facts::Facts;
use super::options::{self, Action, Chain, ForwardPolicy, Log, NatAction, Options, Policies};

pub use self::nat::To;

/// What shall be, in the words of no back end.
#[derive(Debug)]
pub struct Declaration {
    pub policies: Policies,
    /// In the order in which they decide.
    pub rules: Vec<Rule>,
    pub nat: Vec<Nat>,
    /// The swarm's other nodes.
    pub peers: Vec<IpNet>,
    pub data_path_port: u16,
    pub ping: bool,
    pub log: Logging,
}

/// How the kernel's log is written.
#[derive(Clone, Debug)]
pub struct Logging {
    pub denied: bool,
    pub rate: Rate,
    pub burst: u32,
    pub prefix: String,
}

/// Which of the user's rules something comes from: it leads messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// `rule` or `nat`.
    pub list: &'static str,
    /// From 1.
    pub number: usize,
    pub name: Option<String>,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.list, self.number)?;
        match &self.name {
            Some(name) => write!(f, " ({name})"),
            None => Ok(()),
        }
    }
}

impl Label {
    fn refuse(&self, why: impl fmt::Display) -> Failure {
        Failure::new(format!("{self}: {why}"))
    }
}

/// One of the user's rules.
#[derive(Debug)]
pub struct Rule {
    pub label: Label,
    pub chain: Chain,
    pub action: Action,
    pub log: bool,
    pub limit: Option<(Rate, u32)>,
    /// What it matches: any of these. None where a set of the engine is empty.
    pub matchings: Vec<Matching>,
}

/// What a rule matches in one family. An empty list means any; of others, one must match.
#[derive(Clone, Debug)]
pub struct Matching {
    pub family: Family,
    pub protocols: Vec<Protocol>,
    pub ports: Vec<Ports>,
    pub source_ports: Vec<Ports>,
    pub icmp_types: Vec<u8>,
    pub interfaces: Vec<Interface>,
    pub out_interfaces: Vec<Interface>,
    pub sources: Vec<IpNet>,
    pub destinations: Vec<IpNet>,
}

/// One translation of addresses.
#[derive(Debug)]
pub struct Nat {
    pub label: Label,
    pub action: NatAction,
    pub to: Option<To>,
    pub matchings: Vec<Matching>,
}

/// Reads the options. `interfaces` are those that are there; `warn` is told what is allowed but of no use.
///
/// # Errors
/// Something in them can't be, or can't match: the message names the rule and the option, and says how to mend it.
pub fn declare(
    options: &Options,
    facts: &Facts,
    interfaces: &BTreeSet<String>,
    warn: &mut dyn FnMut(String),
) -> Result<Declaration, Failure> {
    let places = Places::read(options, facts, interfaces)?;
    let mut rules = Vec::new();
    for (index, rule) in options.rules.iter().enumerate() {
        let label = Label { list: "rule", number: index + 1, name: named(rule.name.as_deref()) };
        if rule.chain.is_empty() {
            return Err(label.refuse("`chain`: say what it is about, such as input"));
        }
        for chain in &rule.chain {
            rules.push((rule.weight, rule::read(label.clone(), rule, *chain, &places)?));
        }
    }
    rules.sort_by_key(|(weight, _)| *weight);
    let rules: Vec<Rule> = rules.into_iter().map(|(_, rule)| rule).collect();
    shadow::check(&rules, warn)?;
    let mut nat = Vec::new();
    for (index, translation) in options.nat.iter().enumerate() {
        let label = Label { list: "nat", number: index + 1, name: named(translation.name.as_deref()) };
        nat.push(nat::read(label, translation, &places)?);
    }
    Ok(Declaration {
        policies: options.policies,
        rules,
        nat,
        peers: places.peers(&options.swarm)?,
        data_path_port: options.swarm.data_path_port.or(facts.data_path_port).unwrap_or(4789),
        ping: options.ping,
        log: logging(&options.log)?,
    })
}

impl Declaration {
    /// Whether anything is declared about what passes through beside Docker.
    pub fn forwards(&self) -> bool {
        self.policies.forward != ForwardPolicy::Keep || self.rules.iter().any(|rule| rule.chain == Chain::Forward)
    }
}

impl Declaration {
    /// The interfaces that are named as ones of the host, not of containers.
    pub fn interfaces(&self) -> Vec<Interface> {
        let of_rules = self.rules.iter().filter(|rule| rule.chain != Chain::Egress).flat_map(|rule| &rule.matchings);
        let matchings = of_rules.chain(self.nat.iter().flat_map(|nat| &nat.matchings));
        matchings.flat_map(|matching| &matching.interfaces).cloned().collect()
    }
}

fn named(name: Option<&str>) -> Option<String> {
    name.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned)
}

/// The longest that is put after the prefix: `published reject: `.
const LONGEST_SUFFIX: usize = 18;
/// What a LOG target takes. Source: iptables-extensions(8).
const LONGEST_PREFIX: usize = 29;

fn logging(log: &Log) -> Result<Logging, Failure> {
    let most = LONGEST_PREFIX - LONGEST_SUFFIX;
    if log.prefix.len() > most || log.prefix.chars().any(|c| c.is_control() || c == '"' || c == '\\') {
        return Err(Failure::new(format!(
            "`log.prefix`: {:?} is too long, or has a character that a log can't: it has at most {most} characters",
            log.prefix
        )));
    }
    let rate = Rate::read(&log.limit).map_err(|why| Failure::new(format!("`log.limit`: {why}")))?;
    Ok(Logging { denied: log.denied, rate, burst: burst("`log.burst`", log.burst)?, prefix: log.prefix.clone() })
}

fn burst(option: &str, burst: u32) -> Result<u32, Failure> {
    if (1..=10_000).contains(&burst) {
        Ok(burst)
    } else {
        Err(Failure::new(format!("{option}: {burst} is none that the kernel has: it is from 1 to 10000")))
    }
}

/// The families that `ip_version` names.
fn families(version: options::IpVersion) -> &'static [Family] {
    match version {
        options::IpVersion::Both => &Family::BOTH,
        options::IpVersion::Ipv4 => &[Family::V4],
        options::IpVersion::Ipv6 => &[Family::V6],
    }
}

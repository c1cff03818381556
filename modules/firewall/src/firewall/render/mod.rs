//! The own chains that carry out a declaration, as iptables would print them. Pure.
//!
//! What is let through is `RETURN`ed, so that the rules of others still see it, and so that Docker's isolation holds; what
//! passes beside Docker is `ACCEPT`ed, because Docker drops it at the end of `FORWARD`.

mod docker;
mod forward;
mod input;
mod line;
mod nat;
pub mod nft;
mod output;

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::declare::address::Family;
use super::declare::word::Interface;
use super::declare::{Declaration, Label};
use super::facts::Facts;

/// Every chain of ours begins so, and no other.
pub const PREFIX: &str = "CDGP-";

/// One rule, without its chain: `-i lo -j RETURN`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Line {
    pub spec: String,
    /// The user's rule that it comes from.
    pub label: Option<Label>,
}

impl From<String> for Line {
    fn from(spec: String) -> Self {
        Line { spec, label: None }
    }
}

impl From<Line> for String {
    fn from(line: Line) -> Self {
        line.spec
    }
}

/// What is ours in one table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    pub chains: BTreeMap<String, Vec<Line>>,
    /// From a chain of others to one of ours: it is the first rule there.
    pub jumps: Vec<(String, String)>,
}

/// What is ours in one family.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Own {
    /// By the table's name: `filter`, `nat`.
    pub tables: BTreeMap<String, Table>,
    /// Sets of addresses by name, which tells their content: another content is another set.
    pub sets: BTreeMap<String, Vec<IpNet>>,
}

/// What the host has that the chains must know.
#[derive(Debug)]
pub struct Host<'a> {
    /// The engine's; `None` where Docker is of no concern.
    pub facts: Option<&'a Facts>,
    /// The interfaces of containers.
    pub inside: Vec<Interface>,
}

impl<'a> Host<'a> {
    /// What counts as a container's interface: Docker's bridges, and those that Docker will make, which it names `br-…`.
    /// Where the host has an interface named so that is none of Docker's, only the known ones count; `warn` is told.
    pub fn new(
        facts: Option<&'a Facts>,
        interfaces: &BTreeSet<String>,
        named: &[Interface],
        warn: &mut dyn FnMut(String),
    ) -> Self {
        let mut inside: BTreeSet<Interface> =
            ["docker0", "docker_gwbridge"].map(|name| Interface(name.to_owned())).into();
        let known: Vec<&str> =
            facts.iter().flat_map(|facts| &facts.bridges).map(|bridge| bridge.interface.as_str()).collect();
        inside.extend(known.iter().map(|name| Interface((*name).to_owned())));
        let future = Interface("br-+".to_owned());
        let asked = facts.is_some_and(|facts| facts.known);
        let foreign: Vec<&str> = interfaces
            .iter()
            .map(String::as_str)
            .filter(|name| asked && future.means(name) && !known.contains(name))
            .chain(
                named.iter().map(|named| named.0.as_str()).filter(|name| future.means(name) && !known.contains(name)),
            )
            .collect();
        match foreign.first() {
            None => {
                inside.retain(|interface| !future.covers(interface));
                inside.insert(future);
            }
            Some(foreign) => warn(format!(
                "the interface {foreign} is named as Docker names its bridges, but is none of them. It counts as outside, and so do networks that Docker makes until this task runs again"
            )),
        }
        Host { facts, inside: inside.into_iter().collect() }
    }
}

/// The chains of one family.
pub fn render(declaration: &Declaration, host: &Host<'_>, family: Family) -> Own {
    let mut own = Own::default();
    input::add(declaration, family, &mut own);
    if host.facts.is_some() {
        docker::add(declaration, host, family, &mut own);
    }
    if declaration.forwards() {
        forward::add(declaration, host, family, &mut own);
    }
    output::add(declaration, family, &mut own);
    nat::add(declaration, family, &mut own);
    own
}

impl Own {
    fn chain(&mut self, table: &str, name: &str, lines: Vec<Line>) {
        self.tables.entry(table.to_owned()).or_default().chains.insert(name.to_owned(), lines);
    }

    fn jump(&mut self, table: &str, from: &str, to: &str) {
        self.tables.entry(table.to_owned()).or_default().jumps.push((from.to_owned(), to.to_owned()));
    }
}

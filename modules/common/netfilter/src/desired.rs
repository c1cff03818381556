//! What is wanted of a family's rules: chains of one's own, the jumps to them, policies.

use std::collections::BTreeMap;

use crate::{Family, Policy, Rule};

/// What is wanted of a family. Chains whose names begin with the prefix are ours, wanted or not: those that are not wanted
/// go, and so do rules of others' chains that lead to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    /// IPv4 or IPv6.
    pub family: Family,
    /// What the names of our chains begin with. Not empty.
    pub prefix: String,
    /// By table: `filter`, `nat`, `mangle`, `raw`, `security`.
    pub tables: BTreeMap<String, Wanted>,
}

/// What is wanted of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Our chains by name, with their rules in order.
    pub chains: BTreeMap<String, Vec<Rule>>,
    /// The rules in others' chains that lead to ours.
    pub jumps: Vec<Jump>,
    /// Policies of built-in chains. Those that are not named stay as they are.
    pub policies: BTreeMap<String, Policy>,
}

/// A rule of ours in a chain that is not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jump {
    /// The chain that it stands in. One that is not there is made (`DOCKER-USER`, before Docker's first start).
    pub from: String,
    /// Where in it.
    pub position: Position,
    /// The rule, whose target is one of our chains.
    pub rule: Rule,
}

/// Where in another's chain a jump of ours stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// Before all rules of others.
    First,
    /// Behind all rules of others.
    Last,
    /// Where it is, as long as that is before every rule that leads to one of these chains; a new one comes right before
    /// the first of those.
    Before(Vec<String>),
    /// Where it is; a new one comes first.
    Anywhere,
}

impl Desired {
    /// Nothing of ours, in any table.
    pub fn nothing(family: Family, prefix: impl Into<String>) -> Desired {
        Desired { family, prefix: prefix.into(), tables: BTreeMap::new() }
    }

    /// What is wanted of a table, to be added to.
    pub fn table(&mut self, name: &str) -> &mut Wanted {
        self.tables.entry(name.to_owned()).or_default()
    }

    /// Whether a chain of this name is ours.
    pub fn owns(&self, chain: &str) -> bool {
        chain.starts_with(&self.prefix)
    }
}

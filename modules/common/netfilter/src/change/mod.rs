//! The way from the rules that are there to those that are wanted, as data.

mod place;
mod script;

pub use script::Script;

use std::collections::BTreeMap;
use std::fmt;

use crate::{Chain, Desired, Family, Policy, Rule, RuleSet, SavedRule, Table, Wanted};

/// What is to be changed in a family, in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// IPv4 or IPv6.
    pub family: Family,
    /// The tables that differ.
    pub tables: Vec<TableChange>,
}

/// What is to be changed in a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableChange {
    /// The table's name.
    pub table: String,
    /// Our chains that are new or hold other rules, whole.
    pub filled: BTreeMap<String, Vec<Rule>>,
    /// Chains of others that a jump needs and that are not there.
    pub made: Vec<String>,
    /// Chains of others whose jumps differ.
    pub edited: Vec<Edit>,
    /// Policies that differ.
    pub policies: BTreeMap<String, Policy>,
    /// Our chains that go.
    pub removed: Vec<String>,
}

/// The jumps of another's chain, anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The chain.
    pub chain: String,
    /// Rules that go.
    pub deleted: Vec<SavedRule>,
    /// Rules that come, each with its index (from 0) once those before it are there. `None`: at the end.
    pub inserted: Vec<(Option<usize>, Rule)>,
}

impl Change {
    /// What leads from `observed` to `desired`. Pure.
    pub fn between(observed: &RuleSet, desired: &Desired) -> Change {
        let nothing = Wanted::default();
        let mut names: Vec<&str> = desired.tables.keys().map(String::as_str).collect();
        names.extend(
            observed.tables.iter().map(|table| table.name.as_str()).filter(|name| !desired.tables.contains_key(*name)),
        );
        let tables = names.into_iter().map(|name| {
            let wanted = desired.tables.get(name).unwrap_or(&nothing);
            TableChange::between(name, observed.table(name), wanted, desired)
        });
        Change { family: desired.family, tables: tables.filter(|change| !change.is_empty()).collect() }
    }

    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// What the rules are once it is done.
    pub fn applied_to(&self, observed: &RuleSet) -> RuleSet {
        let mut set = observed.clone();
        for change in &self.tables {
            let index = set.tables.iter().position(|table| table.name == change.table).unwrap_or_else(|| {
                set.tables.push(Table { comments: Vec::new(), name: change.table.clone(), chains: Vec::new() });
                set.tables.len() - 1
            });
            change.apply_to(&mut set.tables[index]);
        }
        set
    }
}

impl TableChange {
    fn between(name: &str, observed: Option<&Table>, wanted: &Wanted, desired: &Desired) -> TableChange {
        let chains = observed.map_or(&[][..], |table| &table.chains);
        let chain = |name: &str| chains.iter().find(|chain| chain.name == name);
        let mut change = TableChange { table: name.to_owned(), ..TableChange::default() };
        for (name, rules) in &wanted.chains {
            let same = |present: &Chain| {
                present.rules.len() == rules.len()
                    && present.rules.iter().zip(rules).all(|(there, wanted)| there.rule == *wanted)
            };
            if !chain(name).is_some_and(same) {
                change.filled.insert(name.clone(), rules.clone());
            }
        }
        for present in chains {
            if desired.owns(&present.name) {
                if !wanted.chains.contains_key(&present.name) {
                    change.removed.push(present.name.clone());
                }
                continue;
            }
            change.edited.extend(place::edit(present, wanted, desired));
        }
        for jump in &wanted.jumps {
            if chain(&jump.from).is_none() && !change.edited.iter().any(|edit| edit.chain == jump.from) {
                if !is_built_in(&jump.from) {
                    change.made.push(jump.from.clone());
                }
                let empty = Chain { name: jump.from.clone(), policy: None, counters: None, rules: Vec::new() };
                change.edited.extend(place::edit(&empty, wanted, desired));
            }
        }
        for (name, policy) in &wanted.policies {
            // Of a table that is not there yet the kernel's policy is ACCEPT.
            let present = chain(name).map_or(Some(Policy::Accept), |chain| chain.policy);
            if present != Some(*policy) {
                change.policies.insert(name.clone(), *policy);
            }
        }
        change
    }

    fn is_empty(&self) -> bool {
        self.filled.is_empty() && self.edited.is_empty() && self.policies.is_empty() && self.removed.is_empty()
    }

    fn apply_to(&self, table: &mut Table) {
        let new =
            |name: &String, rules: Vec<SavedRule>| Chain { name: name.clone(), policy: None, counters: None, rules };
        for name in &self.made {
            table.chains.push(new(name, Vec::new()));
        }
        for (name, rules) in &self.filled {
            let rules: Vec<SavedRule> = rules.iter().cloned().map(SavedRule::from).collect();
            match table.chains.iter_mut().find(|chain| chain.name == *name) {
                Some(chain) => chain.rules = rules,
                None => table.chains.push(new(name, rules)),
            }
        }
        for edit in &self.edited {
            if !table.chains.iter().any(|chain| chain.name == edit.chain) {
                table.chains.push(Chain { policy: Some(Policy::Accept), ..new(&edit.chain, Vec::new()) });
            }
            let Some(chain) = table.chains.iter_mut().find(|chain| chain.name == edit.chain) else { continue };
            for deleted in &edit.deleted {
                if let Some(index) = chain.rules.iter().position(|rule| rule == deleted) {
                    chain.rules.remove(index);
                }
            }
            for (index, rule) in &edit.inserted {
                let index = index.unwrap_or(chain.rules.len()).min(chain.rules.len());
                chain.rules.insert(index, rule.clone().into());
            }
        }
        for (name, policy) in &self.policies {
            match table.chains.iter_mut().find(|chain| chain.name == *name) {
                Some(chain) => chain.policy = Some(*policy),
                None => table.chains.push(Chain { policy: Some(*policy), ..new(name, Vec::new()) }),
            }
        }
        table.chains.retain(|chain| !self.removed.contains(&chain.name));
    }
}

/// The chains that the kernel itself has.
pub(crate) fn is_built_in(chain: &str) -> bool {
    ["INPUT", "FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING"].contains(&chain)
}

impl Change {
    /// What will be done, a sentence for each chain.
    pub fn sentences(&self) -> Vec<String> {
        let mut out = Vec::new();
        for change in &self.tables {
            let of = Of { table: &change.table, family: self.family };
            for (chain, rules) in &change.filled {
                let s = if rules.len() == 1 { "" } else { "s" };
                out.push(format!("fill chain {chain} of {of} with {} rule{s}", rules.len()));
            }
            for edit in &change.edited {
                let (gone, come) = (edit.deleted.len(), edit.inserted.len());
                let chain = &edit.chain;
                out.push(match (gone, come) {
                    (0, _) => format!("insert {} into chain {chain} of {of}", jumps(come)),
                    (_, 0) => format!("delete {} from chain {chain} of {of}", jumps(gone)),
                    _ => format!("place {} in chain {chain} of {of}", jumps(come)),
                });
            }
            for (chain, policy) in &change.policies {
                out.push(format!("set the policy of chain {chain} of {of} to {policy}"));
            }
            for chain in &change.removed {
                out.push(format!("remove chain {chain} of {of}"));
            }
        }
        out
    }
}

fn jumps(count: usize) -> String {
    if count == 1 { "our jump".to_owned() } else { format!("our {count} jumps") }
}

struct Of<'a> {
    table: &'a str,
    family: Family,
}

impl fmt::Display for Of<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table {} ({})", self.table, self.family)
    }
}

//! What `iptables_state` will do, from the options, the file and the rules.

use std::collections::BTreeMap;
use std::fmt;

use ansible::{Failure, Plan};
use netfilter::{Chain, Family, RuleSet, Table};
use serde::Serialize;

use super::observe::{Observed, tables};
use super::options::{Options, State};
use super::text;

/// The file, or the rules by table: what the task changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tables: Option<BTreeMap<String, Vec<String>>>,
}

#[derive(Clone, Debug)]
pub enum Action {
    Save {
        path: String,
        family: Family,
    },
    /// Starts the process that takes it back.
    Arm {
        seconds: u64,
    },
    Restore {
        path: String,
        family: Family,
        tables: Vec<String>,
    },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Save { path, family } => write!(f, "save the {family} rules to {path}"),
            Action::Arm { seconds } => write!(f, "take the change back after {seconds} s unless it is confirmed"),
            Action::Restore { path, family, tables } => {
                let s = if tables.len() == 1 { "" } else { "s" };
                write!(f, "restore the {family} rules of table{s} {} from {path}", tables.join(", "))
            }
        }
    }
}

/// # Errors
/// The file lacks the table that is asked for.
pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<Changed, Action>, Failure> {
    let family = options.ip_version.family();
    let path = options.path.clone();
    if options.state == State::Saved {
        let after = observed.of_table.clone();
        let same = observed.file.as_deref() == Some(&joined(&after));
        let before = observed.file.as_ref().map(|_| Changed { file: Some(observed.file_lines()), tables: None });
        let actions = if same { Vec::new() } else { vec![Action::Save { path, family }] };
        return Ok(Plan { before, after: Some(Changed { file: Some(after), tables: None }), actions });
    }
    let before = observed.tables();
    let after = foretold(options, observed)?;
    let mut actions = Vec::new();
    if after != before {
        actions.extend(options.rollback.map(|seconds| Action::Arm { seconds }));
        actions.push(Action::Restore { path, family, tables: tables(options, observed)? });
    }
    let state = |tables| Some(Changed { file: None, tables: Some(tables) });
    Ok(Plan { before: state(before), after: state(after), actions })
}

/// A file's text.
pub fn joined(lines: &[String]) -> String {
    lines.join("\n") + "\n"
}

/// The tables as they will be: as they are, where the file says the same in other words.
fn foretold(options: &Options, observed: &Observed) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let mut after = observed.tables();
    let lines = text::lines(observed.file.as_deref().unwrap_or_default(), options.counters);
    let family = options.ip_version.family();
    let file = RuleSet::parse(&joined(&lines), family).ok();
    let present = RuleSet::parse(&joined(&observed.of_table), family).ok();
    let written = text::tables(&lines);
    for name in tables(options, observed)? {
        let Some(wanted) = written.get(&name) else { continue };
        let same =
            match (file.as_ref().and_then(|set| set.table(&name)), present.as_ref().and_then(|set| set.table(&name))) {
                (Some(file), Some(present)) => same(file, present, options),
                // What is no output of iptables-save can only be compared as text.
                _ => !options.noflush && after.get(&name) == Some(wanted),
            };
        if !same {
            let there = after.get(&name).filter(|_| options.noflush);
            let wanted = there.map_or_else(|| wanted.clone(), |there| added(there, wanted));
            after.insert(name, wanted);
        }
    }
    Ok(after)
}

/// A table's lines once those of a file are added: policies are set, chains of users emptied where they are declared.
fn added(there: &[String], file: &[String]) -> Vec<String> {
    let declared = |line: &str| line.strip_prefix(':').and_then(|line| line.split(' ').next()).map(str::to_owned);
    let chains: Vec<String> = file.iter().filter_map(|line| declared(line)).collect();
    let emptied = |chain: &String| file.iter().any(|line| line.starts_with(&format!(":{chain} -")));
    let (head, rules): (Vec<&String>, Vec<&String>) = there.iter().partition(|line| line.starts_with(':'));
    let kept = head.into_iter().filter(|line| declared(line).is_none_or(|chain| !chains.contains(&chain)));
    let set = file.iter().filter(|line| line.starts_with(':'));
    let stays =
        |rule: &&String| !chains.iter().any(|chain| emptied(chain) && rule.starts_with(&format!("-A {chain} ")));
    let old = rules.into_iter().filter(stays);
    let new = file.iter().filter(|line| !line.starts_with(':'));
    kept.chain(set).chain(old).chain(new).cloned().collect()
}

/// Whether restoring leaves a table as it is.
fn same(file: &Table, present: &Table, options: &Options) -> bool {
    let counted = |one: &Chain, other: &Chain| {
        !options.counters
            || one.counters == other.counters
                && one.rules.iter().zip(&other.rules).all(|(one, other)| one.counters == other.counters)
    };
    let chain = |chain: &Chain| {
        let there = present.chain(&chain.name);
        there.is_some_and(|there| {
            // Chains of users are emptied where they are declared; rules are added to built-in ones.
            let added = options.noflush && chain.policy.is_some();
            let rules = if added { chain.rules.is_empty() } else { chain.rules == there.rules };
            chain.policy == there.policy && rules && counted(chain, there)
        })
    };
    let left = |there: &Chain| {
        options.noflush || file.chain(&there.name).is_some() || there.policy.is_some() && there.rules.is_empty()
    };
    file.chains.iter().all(chain) && present.chains.iter().all(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| plan(options, &observed.cloned().unwrap_or_default()),
            |observed, after| {
                let (mut observed, after) = (observed?, after?);
                if let Some(file) = after.file {
                    observed.file = Some(joined(&file));
                }
                if let Some(tables) = after.tables {
                    let of = |(name, lines): (String, Vec<String>)| {
                        [vec![format!("*{name}")], lines, vec!["COMMIT".to_owned()]].concat()
                    };
                    observed.of_table = tables.into_iter().flat_map(of).collect();
                }
                Some(observed)
            },
        );
    }
}

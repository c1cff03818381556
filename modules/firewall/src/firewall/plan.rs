//! What `firewall` will do, from what shall be and what is there. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ansible::{Failure, Plan};
use serde::Serialize;

use super::declare::address::Family;
use super::keep::{Files, Kept};
use super::kernel::{Change, Held, Kernel};
use super::render::Own;

/// What there is: the kernel's rules, and the files that keep ours.
pub struct Observed {
    pub kernel: Kernel,
    pub files: Files,
}

/// What shall be.
pub struct Wanted {
    /// `None`: nothing of ours.
    pub kept: Option<Kept>,
    pub files: Files,
    /// After how many seconds it is taken back unless it is confirmed.
    pub rollback: Option<u64>,
}

/// The state as users see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    pub rules: BTreeMap<&'static str, Vec<String>>,
    /// The files that keep the rules over a restart.
    pub kept_by: Vec<String>,
}

#[derive(Debug)]
pub enum Action {
    /// Starts the guard.
    Arm { seconds: u64, before: Box<Held>, after: Box<Kept>, persist: bool },
    /// Brings the kernel's rules to what they shall be.
    Change { change: Box<Change>, summary: String },
    /// Removes sets that no rule needs any more.
    RemoveSets(Vec<String>),
    /// Writes and removes the files that keep the rules.
    Keep { files: Files, any: bool },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Arm { seconds, .. } => write!(f, "take the change back after {seconds} s unless it is confirmed"),
            Action::Change { summary, .. } => f.write_str(summary),
            Action::RemoveSets(names) => write!(f, "remove {} sets that no rule needs", names.len()),
            Action::Keep { any: true, .. } => f.write_str("keep the firewall over restarts"),
            Action::Keep { any: false, .. } => f.write_str("no longer restore the firewall after restarts"),
        }
    }
}

/// # Errors
/// As [`Kernel::to`].
pub fn plan(observed: &Observed, wanted: Wanted) -> Result<Plan<Shown, Action>, Failure> {
    let nothing = Held::default();
    let held = wanted.kept.as_ref().map_or(&nothing, |kept| &kept.held);
    let before = observed.kernel.held();
    let change = observed.kernel.to(held)?;
    let after = Shown { rules: shown(held), kept_by: paths(&wanted.files) };
    let mut actions = Vec::new();
    let changes = !change.is_empty();
    if changes {
        if let (Some(seconds), Some(kept)) = (wanted.rollback, &wanted.kept) {
            let persist = !wanted.files.is_empty();
            actions.push(Action::Arm {
                seconds,
                before: Box::new(before.clone()),
                after: Box::new(kept.clone()),
                persist,
            });
        }
        let summary = summary(&before, held, wanted.kept.as_ref().map(|kept| kept.tool.name()));
        actions.push(Action::Change { change: Box::new(change), summary });
    }
    // What a rollback may still need waits for the confirmation.
    if !changes || wanted.rollback.is_none() {
        let unused = observed.kernel.unused_sets(held);
        if !unused.is_empty() {
            actions.push(Action::RemoveSets(unused));
        }
        if observed.files != wanted.files {
            actions.push(Action::Keep { any: !wanted.files.is_empty(), files: wanted.files });
        }
    }
    let shown_before = Shown { rules: shown(&before), kept_by: paths(&observed.files) };
    Ok(Plan { before: Some(shown_before), after: Some(after), actions })
}

fn paths(files: &Files) -> Vec<String> {
    files.keys().map(|path| path.display().to_string()).collect()
}

/// The rules by family, as `iptables-save` prints them, or as `nft` lists them.
pub fn shown(held: &Held) -> BTreeMap<&'static str, Vec<String>> {
    let mut shown = BTreeMap::new();
    for (family, key) in [(Family::V4, "ipv4"), (Family::V6, "ipv6")] {
        let lines = lines(held.of(family));
        if !lines.is_empty() {
            shown.insert(key, lines);
        }
    }
    if let Some(table) = &held.nft {
        let text = table.listed.as_ref().unwrap_or(&table.script);
        shown.insert("nftables", text.lines().map(|line| line.replace('\t', "    ")).collect());
    }
    shown
}

fn lines(own: &Own) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, table) in &own.tables {
        lines.push(format!("*{name}"));
        let jumps: BTreeSet<_> = table.jumps.iter().map(|(from, to)| format!("-A {from} -j {to}")).collect();
        lines.extend(jumps);
        for (chain, rules) in &table.chains {
            lines.extend(rules.iter().map(|line| format!("-A {chain} {}", line.spec)));
        }
    }
    lines
}

/// `replace the rules by iptables-nft: IPv4 3 added, 1 removed; IPv6 3 added`.
fn summary(before: &Held, after: &Held, tool: Option<&str>) -> String {
    let (old, new) = (shown(before), shown(after));
    let mut parts = Vec::new();
    for (key, name) in [("ipv4", "IPv4"), ("ipv6", "IPv6"), ("nftables", "nftables")] {
        let none = Vec::new();
        let (old, new) = (old.get(key).unwrap_or(&none), new.get(key).unwrap_or(&none));
        let (added, removed) = (beyond(new, old), beyond(old, new));
        match (added, removed) {
            (0, 0) if old == new => {}
            (0, 0) => parts.push(format!("{name} in another order")),
            (added, 0) => parts.push(format!("{name} {added} added")),
            (0, removed) => parts.push(format!("{name} {removed} removed")),
            (added, removed) => parts.push(format!("{name} {added} added, {removed} removed")),
        }
    }
    if parts.is_empty() {
        parts.push("the jumps to them come first again".to_owned());
    }
    match tool {
        Some(tool) => format!("set the rules by {tool}: {}", parts.join("; ")),
        None => format!("remove the rules: {}", parts.join("; ")),
    }
}

/// How many of `lines` are not in `others`, each counted as often as it is there.
fn beyond(lines: &[String], others: &[String]) -> usize {
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for line in others {
        *left.entry(line).or_default() += 1;
    }
    lines
        .iter()
        .filter(|line| match left.get_mut(line.as_str()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        })
        .count()
}

//! A change as input of `iptables-restore --noflush`.

use std::fmt::Write;

use super::{Change, TableChange};
use crate::Rule;

/// The input, and for each of its lines what it stands for, for messages.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The text.
    pub text: String,
    origins: Vec<String>,
}

impl Script {
    fn line(&mut self, line: std::fmt::Arguments<'_>, origin: impl FnOnce() -> String) {
        // Writing to a String can't fail.
        let _ = writeln!(self.text, "{line}");
        self.origins.push(origin());
    }

    /// What a line (from 1) stands for.
    pub fn origin(&self, line: usize) -> Option<&str> {
        self.origins.get(line.checked_sub(1)?).map(String::as_str)
    }
}

impl Change {
    /// The input of `iptables-restore --noflush`. Declaring a chain empties it, so what is filled is replaced; everything
    /// between a table's name and its COMMIT happens at once.
    pub fn script(&self) -> Script {
        let mut script = Script::default();
        for change in &self.tables {
            change.write(&mut script);
        }
        script
    }
}

impl TableChange {
    fn write(&self, script: &mut Script) {
        let table = &self.table;
        script.line(format_args!("*{table}"), || format!("table {table}"));
        // All before any rule: rules may lead to each of them.
        for chain in self.made.iter().chain(self.filled.keys()) {
            script.line(format_args!(":{chain} - [0:0]"), || format!("chain {chain} of table {table}"));
        }
        for (chain, policy) in &self.policies {
            script
                .line(format_args!("-P {chain} {policy}"), || format!("the policy of chain {chain} of table {table}"));
        }
        for (chain, rules) in &self.filled {
            for (index, rule) in rules.iter().enumerate() {
                script.line(format_args!("-A {chain}{}", Behind(rule)), || origin(index + 1, chain, table, rule));
            }
        }
        for edit in &self.edited {
            let chain = &edit.chain;
            for rule in &edit.deleted {
                script
                    .line(format_args!("-D {chain} {rule}"), || format!("our jump in chain {chain} of table {table}"));
            }
            for (index, rule) in &edit.inserted {
                let origin = || format!("our jump in chain {chain} of table {table}");
                match index {
                    Some(index) => script.line(format_args!("-I {chain} {}{}", index + 1, Behind(rule)), origin),
                    None => script.line(format_args!("-A {chain}{}", Behind(rule)), origin),
                }
            }
        }
        for chain in &self.removed {
            script.line(format_args!("-F {chain}"), || format!("chain {chain} of table {table}"));
        }
        for chain in &self.removed {
            script.line(format_args!("-X {chain}"), || format!("chain {chain} of table {table}"));
        }
        script.line(format_args!("COMMIT"), || format!("table {table} as a whole"));
    }
}

fn origin(number: usize, chain: &str, table: &str, rule: &Rule) -> String {
    match rule.comment() {
        Some(comment) => format!("rule {number} of chain {chain} of table {table} ({comment})"),
        None => format!("rule {number} of chain {chain} of table {table} ({rule})"),
    }
}

/// A rule with a space before it, or nothing.
struct Behind<'a>(&'a Rule);

impl std::fmt::Display for Behind<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = self.0.to_string();
        if words.is_empty() { Ok(()) } else { write!(f, " {words}") }
    }
}

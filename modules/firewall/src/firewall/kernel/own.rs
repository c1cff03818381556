//! Between our chains as text, which is kept in files, and the rules of a family.

use ansible::Failure;
use netfilter::{Change, Desired, Jump, Names, Position, Rule, RuleSet};

use crate::firewall::declare::Label;
use crate::firewall::declare::address::Family;
use crate::firewall::render::{Line, Own, PREFIX, Table};

/// What is wanted of a family: ours, and nothing else.
///
/// # Errors
/// A line is no rule, as in a file that somebody else has written.
pub fn desired(own: &Own, family: Family) -> Result<Desired, Failure> {
    let (family, names) = (family.of_netfilter(), Names::default());
    let mut desired = Desired::nothing(family, PREFIX);
    for (name, table) in &own.tables {
        let wanted = desired.table(name);
        for (chain, lines) in &table.chains {
            let mut rules = Vec::new();
            for line in lines {
                rules.push(Rule::parse(&line.spec, family, &names).map_err(|why| {
                    let label = line.label.as_ref().map(|label| format!("{label}: ")).unwrap_or_default();
                    Failure::new(format!("{label}`{}`: {why}", line.spec))
                })?);
            }
            wanted.chains.insert(chain.clone(), rules);
        }
        for (from, to) in &table.jumps {
            let rule = Rule::jump(to.clone());
            wanted.jumps.push(Jump { from: from.clone(), position: position(from), rule });
        }
    }
    Ok(desired)
}

/// The same chains with each line as iptables-save prints it, so that text tells only of real differences.
///
/// # Errors
/// As [`desired`].
pub fn canonical(mut own: Own, family: Family) -> Result<Own, Failure> {
    let desired = desired(&own, family)?;
    for (name, table) in &mut own.tables {
        for (chain, lines) in &mut table.chains {
            let rules = desired.tables.get(name).and_then(|table| table.chains.get(chain));
            for (line, rule) in lines.iter_mut().zip(rules.into_iter().flatten()) {
                line.spec = rule.to_string();
            }
        }
    }
    Ok(own)
}

/// What is let through goes on to the rules of others, so before them is where ours refuse for sure. What passes beside
/// Docker, and translation, need no place: Docker puts its own first each time it starts.
fn position(from: &str) -> Position {
    match from {
        "INPUT" | "OUTPUT" | "DOCKER-USER" => Position::First,
        _ => Position::Anywhere,
    }
}

/// What is ours in a family.
pub fn own(seen: &RuleSet) -> Own {
    let mut own = Own::default();
    for seen in &seen.tables {
        let mut table = Table::default();
        for chain in &seen.chains {
            let lines = || chain.rules.iter().map(|rule| Line::from(rule.to_string()));
            if chain.name.starts_with(PREFIX) {
                table.chains.insert(chain.name.clone(), lines().collect());
                continue;
            }
            let leads = chain.rules.iter().filter_map(|rule| rule.rule.target.as_ref()?.chain());
            let ours = leads.filter(|to| to.starts_with(PREFIX));
            table.jumps.extend(ours.map(|to| (chain.name.clone(), to.to_owned())));
        }
        if table != Table::default() {
            own.tables.insert(seen.name.clone(), table);
        }
    }
    own
}

/// What takes a change back.
///
/// # Errors
/// As [`desired`].
pub fn undo(seen: &RuleSet, change: &Change, family: Family) -> Result<Change, Failure> {
    Ok(Change::between(&change.applied_to(seen), &desired(&own(seen), family)?))
}

/// The user's rule that iptables refuses, by what it says of it: `rule 3 of chain CDGP-INPUT of table filter (…)`.
pub fn label<'a>(own: &'a Own, origin: &str) -> Option<&'a Label> {
    let mut words = origin.strip_prefix("rule ")?.split(' ');
    let number: usize = words.next()?.parse().ok()?;
    let (chain, table) = (words.nth(2)?, words.nth(2)?);
    own.tables.get(table)?.chains.get(chain)?.get(number.checked_sub(1)?)?.label.as_ref()
}

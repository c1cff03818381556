//! What `iptables` will do, from the options and what is there.

use std::fmt;

use ansible::Plan;
use netfilter::{Family, Names, Rule};

use super::observe::{Found, Observed};
use super::options::{Options, State, Where};

/// What a task is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'o> {
    Flush,
    Policy(&'o str),
    Chain,
    Rule,
}

pub fn kind<'o>(options: &'o Options, rule: &[String]) -> Kind<'o> {
    match (&options.policy, options.flush) {
        (_, true) => Kind::Flush,
        (Some(policy), _) if !policy.is_empty() => Kind::Policy(policy),
        _ if rule.is_empty() => Kind::Chain,
        _ => Kind::Rule,
    }
}

/// One call of `iptables`.
#[derive(Clone, Debug)]
pub struct Action {
    pub family: Family,
    pub what: What,
    /// `chain INPUT of table filter`
    place: String,
}

#[derive(Clone, Debug)]
pub enum What {
    Flush,
    SetPolicy(String),
    MakeChain,
    DeleteChain,
    /// What ansible.builtin.iptables calls a change, though it changes nothing.
    LeaveChain {
        there: bool,
    },
    Add {
        rule: String,
        at: Where,
    },
    Remove {
        rule: String,
    },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Action { family, what, place } = self;
        match what {
            What::Flush => write!(f, "remove all rules from {place} ({family})"),
            What::SetPolicy(policy) => write!(f, "set the policy of {place} ({family}) to {policy}"),
            What::MakeChain => write!(f, "make {place} ({family})"),
            What::DeleteChain => write!(f, "delete {place} ({family})"),
            What::LeaveChain { there: true } => write!(f, "leave {place} ({family}) there: `chain_management` is off"),
            What::LeaveChain { there: false } => write!(f, "do without {place} ({family}): `chain_management` is off"),
            What::Add { rule, at: Where::Append } => write!(f, "append to {place} ({family}) the rule {rule}"),
            What::Add { rule, at: Where::Insert } => write!(f, "insert into {place} ({family}) the rule {rule}"),
            What::Remove { rule } => write!(f, "remove from {place} ({family}) the rule {rule}"),
        }
    }
}

/// `words` are the rule's.
pub fn plan(options: &Options, words: &[String], observed: Option<&Observed>, names: &Names) -> Plan<Observed, Action> {
    let before = observed.cloned().unwrap_or_default();
    let mut after = before.clone();
    let place = match &options.chain {
        Some(chain) => format!("chain {chain} of table {}", options.table),
        None => format!("all chains of table {}", options.table),
    };
    let mut actions = Vec::new();
    for family in options.ip_version.families() {
        let found = after.of(*family).get_or_insert_default();
        // As the kernel will print it, where that can be told.
        let rule = Rule::from_words(words, *family, names).map_or_else(|_| words.join(" "), |rule| rule.to_string());
        if let Some(what) = change(options, words, &rule, found) {
            actions.push(Action { family: *family, what, place: place.clone() });
        }
    }
    Plan { before: Some(before), after: Some(after), actions }
}

/// What is to be done in a family; `found` becomes what will be there.
fn change(options: &Options, words: &[String], rule: &str, found: &mut Found) -> Option<What> {
    let present = options.state == State::Present;
    match kind(options, words) {
        Kind::Flush => {
            found.rules.iter_mut().for_each(Vec::clear);
            Some(What::Flush)
        }
        Kind::Policy(policy) if found.policy.as_deref() == Some(policy) => None,
        Kind::Policy(policy) => {
            found.policy = Some(policy.to_owned());
            Some(What::SetPolicy(policy.to_owned()))
        }
        Kind::Chain => match (found.chain.unwrap_or(false), options.chain_management) {
            (there, _) if there == present => None,
            (there, false) => Some(What::LeaveChain { there }),
            (there, true) => {
                found.chain = Some(present);
                Some(if there { What::DeleteChain } else { What::MakeChain })
            }
        },
        Kind::Rule => match (found.rule.unwrap_or(false), present) {
            (true, true) | (false, false) => None,
            (false, true) => {
                found.rule = Some(true);
                let number = options.rule_num.as_deref().and_then(|number| number.parse::<usize>().ok()).unwrap_or(1);
                if let Some(rules) = &mut found.rules {
                    let index = match options.action {
                        Where::Append => rules.len(),
                        Where::Insert => number.saturating_sub(1).min(rules.len()),
                    };
                    rules.insert(index, rule.to_owned());
                }
                Some(What::Add { rule: rule.to_owned(), at: options.action })
            }
            (true, false) => {
                found.rule = Some(false);
                if let Some(rules) = &mut found.rules
                    && let Some(index) = rules.iter().position(|there| there == rule)
                {
                    rules.remove(index);
                }
                Some(What::Remove { rule: rule.to_owned() })
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::{jump, words::words};
    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| {
                let words = words(options, jump(options)?)?;
                Ok(plan(options, &words, observed, &Names::default()))
            },
            |_, after| after,
        );
    }
}

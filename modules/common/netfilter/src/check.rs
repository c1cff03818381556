//! What can't work in what is wanted: found before anything is changed, with the rule's number and the way to mend it.

use std::collections::BTreeSet;

use crate::change::is_built_in;
use crate::{Desired, Family, Invalid, Match, Protocol, RejectWith, Rule, Target, Test, Wanted};

/// A rule or a chain that can't work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct Problem {
    /// `rule 3 of chain CDGP-INPUT of table filter (IPv4)`
    pub place: String,
    /// What is wrong, and how to mend it.
    pub why: Invalid,
}

/// The kernel's room for a chain's name.
const LONGEST_NAME: usize = 28;

impl Desired {
    /// All that can't work, in the order of tables, chains and rules. Pure: what only the kernel knows,
    /// [`System::test`](crate::System::test) finds.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (table, wanted) in &self.tables {
            let mut found = |place: String, why: Invalid| {
                problems.push(Problem { place: format!("{place} of table {table} ({})", self.family), why });
            };
            for (chain, rules) in &wanted.chains {
                if let Some(why) = self.chain(chain, wanted) {
                    found(format!("chain {chain}"), why);
                }
                for (index, rule) in rules.iter().enumerate() {
                    for why in self.rule(rule, table, wanted) {
                        found(format!("rule {} of chain {chain}", index + 1), why);
                    }
                }
            }
            for jump in &wanted.jumps {
                let leads = jump.rule.target.as_ref().and_then(Target::chain).is_some_and(|to| self.owns(to));
                if !leads {
                    let fix = format!("let it lead to a chain whose name begins with {}", self.prefix);
                    found(
                        format!("the jump in chain {}", jump.from),
                        Invalid::new("it leads to no chain of ours", fix),
                    );
                }
                for why in self.rule(&jump.rule, table, wanted) {
                    found(format!("the jump in chain {}", jump.from), why);
                }
            }
            for chain in wanted.policies.keys().filter(|chain| !is_built_in(chain)) {
                let why = Invalid::new("only built-in chains have a policy", "end the chain with a rule instead");
                found(format!("chain {chain}"), why);
            }
        }
        problems
    }

    fn chain(&self, name: &str, wanted: &Wanted) -> Option<Invalid> {
        if !self.owns(name) || self.prefix.is_empty() {
            return Some(Invalid::new("the name is none of ours", format!("begin it with {:?}", self.prefix)));
        }
        if name.len() > LONGEST_NAME || name.contains(|c: char| c.is_whitespace() || c == '!') {
            return Some(Invalid::new(
                format!("{name:?} can't be a chain's name"),
                format!("write at most {LONGEST_NAME} bytes, without spaces"),
            ));
        }
        leads_back(name, wanted).then(|| Invalid::new("it leads back to itself", "take out one of the jumps"))
    }

    /// What is wrong with a rule, whatever the kernel.
    fn rule(&self, rule: &Rule, table: &str, wanted: &Wanted) -> Vec<Invalid> {
        let mut wrong = Vec::new();
        let mut say = |what: &str, fix: &str| wrong.push(Invalid::new(what, fix));
        let is = |protocols: &[Protocol]| matches!(&rule.protocol, Some(Test { not: false, value }) if protocols.contains(value));
        let has_ports = matches!(&rule.protocol, Some(Test { not: false, value }) if value.has_ports());
        for one in &rule.matches {
            match one {
                Match::Tcp(_) if !is(&[Protocol::TCP]) => say("`-m tcp` without `-p tcp`", "add `-p tcp`"),
                Match::Udp(_) if !is(&[Protocol::UDP]) => say("`-m udp` without `-p udp`", "add `-p udp`"),
                Match::MultiPort(_) if !has_ports => {
                    say("ports of no protocol", "add `-p tcp`, `-p udp` or another protocol that has ports");
                }
                Match::Icmp(_) if self.family == Family::V6 => {
                    say("ICMP of IPv4 in a rule of IPv6", "write `-p icmpv6 --icmpv6-type`");
                }
                Match::Icmp(_) if !is(&[Protocol::ICMP]) => say("an ICMP type without `-p icmp`", "add `-p icmp`"),
                Match::Icmp6(_) if self.family == Family::V4 => {
                    say("ICMPv6 in a rule of IPv4", "write `-p icmp --icmp-type`");
                }
                Match::Icmp6(_) if !is(&[Protocol::ICMPV6]) => {
                    say("an ICMPv6 type without `-p icmpv6`", "add `-p icmpv6`");
                }
                _ => {}
            }
        }
        for net in [&rule.source, &rule.destination].into_iter().flatten() {
            if net.value.family() != self.family {
                say(&format!("{} is no network of {}", net.value, self.family), "give it to the other family");
            }
        }
        let (nat, filter) = (table == "nat", table == "filter");
        match &rule.target {
            Some(Target::Reject(reject)) if reject.with == RejectWith::TcpReset && !is(&[Protocol::TCP]) => {
                say("only TCP can be reset", "add `-p tcp`, or answer by ICMP");
            }
            Some(Target::Reject(_)) if !filter => say("REJECT is for the table filter only", "write DROP"),
            Some(Target::Dnat(_) | Target::Snat(_) | Target::Masquerade(_) | Target::Redirect(_)) if !nat => {
                say("addresses are rewritten in the table nat only", "move the rule to the table nat");
            }
            Some(Target::Drop) if nat => say("the table nat sees first packets only: it can't DROP", "drop in filter"),
            Some(Target::Redirect(redirect)) if redirect.ports.is_some() && !has_ports => {
                say("ports of no protocol", "add `-p tcp` or `-p udp`");
            }
            Some(Target::Dnat(dnat)) if dnat.to.ports.is_some() && !has_ports => {
                say("ports of no protocol", "add `-p tcp` or `-p udp`");
            }
            Some(Target::Jump(to) | Target::Goto(to)) if self.owns(to) && !wanted.chains.contains_key(to) => {
                say(&format!("it leads to the chain {to}, which is not declared"), "declare it, or lead elsewhere");
            }
            Some(Target::Jump(to)) if is_built_in(to) => say("no rule leads to a built-in chain", "name another"),
            _ => {}
        }
        wrong
    }
}

/// Whether a chain can be reached from itself.
fn leads_back(start: &str, wanted: &Wanted) -> bool {
    let next = |chain: &str| {
        let rules = wanted.chains.get(chain).map(Vec::as_slice).unwrap_or_default();
        rules.iter().filter_map(|rule| rule.target.as_ref()?.chain()).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut seen = BTreeSet::new();
    let mut open = next(start);
    while let Some(chain) = open.pop() {
        if chain == start {
            return true;
        }
        if seen.insert(chain.clone()) {
            open.extend(next(&chain));
        }
    }
    false
}

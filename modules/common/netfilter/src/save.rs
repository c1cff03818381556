//! What iptables-save prints, read and printed.
//!
//! Source: iptables-save(8) of 1.8, both back ends.

use std::fmt;

use crate::parse::{Mode, rule};
use crate::word::{Line, split};
use crate::{Family, Names, Rule};

/// All tables of a family that the kernel has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// IPv4 or IPv6.
    pub family: Family,
    /// The tables, in the order in which they were printed.
    pub tables: Vec<Table>,
    /// Comments behind the last table.
    pub rest: Vec<String>,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Comments before it, each with its `#`.
    pub comments: Vec<String>,
    /// `filter`, `nat`, `mangle`, `raw`, `security`.
    pub name: String,
    /// Its chains, in the order in which they were printed.
    pub chains: Vec<Chain>,
}

/// A chain and its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Its name.
    pub name: String,
    /// What becomes of a packet that no rule decides on. `None`: a chain of a user, from which it goes back.
    pub policy: Option<Policy>,
    /// What passed its end.
    pub counters: Option<Counters>,
    /// Its rules, in order.
    pub rules: Vec<SavedRule>,
}

/// The fate of a packet that no rule of a built-in chain decides on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// It passes.
    Accept,
    /// It is thrown away.
    Drop,
}

impl Policy {
    /// Reads it. `None`: it is none.
    pub fn parse(text: &str) -> Option<Policy> {
        match text {
            "ACCEPT" => Some(Policy::Accept),
            "DROP" => Some(Policy::Drop),
            _ => None,
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Policy::Accept => "ACCEPT",
            Policy::Drop => "DROP",
        })
    }
}

/// Packets and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counters {
    /// How many packets.
    pub packets: u64,
    /// How many bytes.
    pub bytes: u64,
}

impl Counters {
    fn parse(text: &str) -> Option<Counters> {
        let (packets, bytes) = text.strip_prefix('[')?.strip_suffix(']')?.split_once(':')?;
        Some(Counters { packets: packets.parse().ok()?, bytes: bytes.parse().ok()? })
    }
}

impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}:{}]", self.packets, self.bytes)
    }
}

/// A rule as it was printed. Equal to another that says the same, whatever its counters and spelling.
#[derive(Clone, Debug)]
pub struct SavedRule {
    /// What it says.
    pub rule: Rule,
    /// What matched it; printed with `-c` only.
    pub counters: Option<Counters>,
    /// The words behind `-A CHAIN`, where they are not those that [`Rule`] prints.
    spelled: Option<Box<str>>,
}

impl SavedRule {
    /// Whether [`Rule`] prints it as iptables-save did.
    pub fn is_canonical(&self) -> bool {
        self.spelled.is_none()
    }

    fn parse(
        words: &str,
        counters: Option<Counters>,
        family: Family,
        names: &Names,
    ) -> Result<SavedRule, crate::Invalid> {
        let rule = rule(split(words)?, family, names, Mode::Saved)?;
        let mut line = Line::default();
        rule.write(&mut line);
        let spelled = (line.0 != words).then(|| words.into());
        Ok(SavedRule { rule, counters, spelled })
    }
}

impl PartialEq for SavedRule {
    fn eq(&self, other: &SavedRule) -> bool {
        self.rule == other.rule
    }
}

impl Eq for SavedRule {}

impl From<Rule> for SavedRule {
    fn from(rule: Rule) -> SavedRule {
        SavedRule { rule, counters: None, spelled: None }
    }
}

impl fmt::Display for SavedRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.spelled {
            Some(spelled) => f.write_str(spelled),
            None => self.rule.fmt(f),
        }
    }
}

/// Why text is no output of iptables-save.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct ParseError {
    /// The line's number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

impl RuleSet {
    /// No table at all.
    pub fn empty(family: Family) -> RuleSet {
        RuleSet { family, tables: Vec::new(), rest: Vec::new() }
    }

    /// Reads what iptables-save prints, with or without counters. Rules that hold what is not known here are kept as
    /// text; printing gives the same text again.
    ///
    /// # Errors
    /// A line is none that iptables-save prints.
    pub fn parse(text: &str, family: Family) -> Result<RuleSet, ParseError> {
        let names = Names::default();
        let mut set = RuleSet::empty(family);
        let mut comments = Vec::new();
        let mut open: Option<Table> = None;
        // Rules come chain by chain: the chain of the last one is likeliest that of the next.
        let mut last = 0;
        for (index, line) in text.lines().enumerate() {
            let wrong = |why: String| ParseError { line: index + 1, why };
            match line.as_bytes().first() {
                None => {}
                Some(b'#') => comments.push(line.to_owned()),
                Some(b'*') => {
                    if let Some(table) = open {
                        return Err(wrong(format!("the table {} has no COMMIT", table.name)));
                    }
                    let comments = std::mem::take(&mut comments);
                    open = Some(Table { comments, name: line[1..].trim_end().to_owned(), chains: Vec::new() });
                    last = 0;
                }
                Some(_) => {
                    let Some(table) = &mut open else {
                        return Err(wrong(format!("{line:?} stands in no table")));
                    };
                    if line == "COMMIT" {
                        set.tables.extend(open.take());
                        continue;
                    }
                    if let Some(chain) = line.strip_prefix(':') {
                        table
                            .chains
                            .push(Chain::parse(chain).ok_or_else(|| wrong(format!("{line:?} declares no chain")))?);
                        continue;
                    }
                    let (counters, line) = match line.split_once(' ') {
                        Some((counters, rest)) if counters.starts_with('[') => (Counters::parse(counters), rest),
                        _ => (None, line),
                    };
                    let Some(rest) = line.strip_prefix("-A ") else {
                        return Err(wrong(format!("{line:?} is no rule of iptables-save")));
                    };
                    let (chain, words) = rest.split_once(' ').unwrap_or((rest, ""));
                    if table.chains.get(last).is_none_or(|known| known.name != chain) {
                        last = table.chains.iter().position(|known| known.name == chain).ok_or_else(|| {
                            wrong(format!("the chain {chain} is not declared in the table {}", table.name))
                        })?;
                    }
                    let rule = SavedRule::parse(words, counters, family, &names);
                    table.chains[last].rules.push(rule.map_err(|why| wrong(why.to_string()))?);
                }
            }
        }
        match open {
            Some(table) => {
                Err(ParseError { line: text.lines().count(), why: format!("the table {} has no COMMIT", table.name) })
            }
            None => {
                set.rest = comments;
                Ok(set)
            }
        }
    }

    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// A chain of a table.
    pub fn chain(&self, table: &str, chain: &str) -> Option<&Chain> {
        self.table(table)?.chain(chain)
    }

    /// Whether it lets everything pass and changes nothing: no rules, no chains of users, no policy but ACCEPT.
    pub fn is_blank(&self) -> bool {
        let blank = |chain: &Chain| chain.rules.is_empty() && chain.policy == Some(Policy::Accept);
        self.tables.iter().all(|table| table.chains.iter().all(blank))
    }
}

impl Table {
    /// The chain of this name.
    pub fn chain(&self, name: &str) -> Option<&Chain> {
        self.chains.iter().find(|chain| chain.name == name)
    }
}

impl Chain {
    /// `NAME POLICY [packets:bytes]`
    fn parse(text: &str) -> Option<Chain> {
        let mut words = text.split_whitespace();
        let name = words.next()?.to_owned();
        let policy = match words.next()? {
            "-" => None,
            policy => Some(Policy::parse(policy)?),
        };
        let counters = match words.next() {
            None => None,
            Some(counters) => Some(Counters::parse(counters)?),
        };
        words.next().is_none().then_some(Chain { name, policy, counters, rules: Vec::new() })
    }
}

/// As iptables-save printed it.
impl fmt::Display for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for table in &self.tables {
            table.fmt(f)?;
        }
        for comment in &self.rest {
            writeln!(f, "{comment}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for comment in &self.comments {
            writeln!(f, "{comment}")?;
        }
        writeln!(f, "*{}", self.name)?;
        for chain in &self.chains {
            write!(f, ":{} ", chain.name)?;
            match chain.policy {
                Some(policy) => policy.fmt(f)?,
                None => f.write_str("-")?,
            }
            match chain.counters {
                Some(counters) => writeln!(f, " {counters}")?,
                None => writeln!(f)?,
            }
        }
        for chain in &self.chains {
            for rule in &chain.rules {
                if let Some(counters) = rule.counters {
                    write!(f, "{counters} ")?;
                }
                // A rule that tests nothing and does nothing has no words.
                let words = rule.to_string();
                writeln!(f, "-A {}{}{words}", chain.name, if words.is_empty() { "" } else { " " })?;
            }
        }
        writeln!(f, "COMMIT")
    }
}

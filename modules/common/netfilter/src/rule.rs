//! A rule: what a packet must be, and what becomes of it.

use std::fmt;

use crate::word::Line;
use crate::{Match, Net, Protocol, Target, Test};

/// A rule, without the chain that it stands in. Two are equal when the kernel holds the same, however they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rule {
    /// `-s`
    pub source: Option<Test<Net>>,
    /// `-d`
    pub destination: Option<Test<Net>>,
    /// `-i`
    pub in_interface: Option<Test<Interface>>,
    /// `-o`
    pub out_interface: Option<Test<Interface>>,
    /// `-p`
    pub protocol: Option<Test<Protocol>>,
    /// `-f`: the second and further fragments of a packet; negated, all others.
    pub fragment: Option<Test<()>>,
    /// `-m`, in their order.
    pub matches: Vec<Match>,
    /// `-j` or `-g`. `None`: it only counts.
    pub target: Option<Target>,
}

impl Rule {
    /// A rule without any test.
    pub fn to(target: Target) -> Rule {
        Rule { target: Some(target), ..Rule::default() }
    }

    /// A jump to a chain, for every packet.
    pub fn jump(chain: impl Into<String>) -> Rule {
        Rule::to(Target::Jump(chain.into()))
    }

    /// The same rule with one more match.
    #[must_use]
    pub fn with(mut self, one: Match) -> Rule {
        self.matches.push(one);
        self
    }

    /// The text of its first comment.
    pub fn comment(&self) -> Option<&str> {
        self.matches.iter().find_map(|one| match one {
            Match::Comment(comment) => Some(comment.text.as_str()),
            _ => None,
        })
    }

    /// Whether every part of it has a type, so that spelling can't make it differ from what the kernel prints.
    pub fn is_typed(&self) -> bool {
        !self.matches.iter().any(|one| matches!(one, Match::Other(_))) && !matches!(self.target, Some(Target::Other(_)))
    }

    pub(crate) fn write(&self, line: &mut Line) {
        for (name, test) in [("-s", &self.source), ("-d", &self.destination)] {
            if let Some(Test { not, value }) = test {
                line.option(*not, name, value);
            }
        }
        for (name, test) in [("-i", &self.in_interface), ("-o", &self.out_interface)] {
            if let Some(Test { not, value }) = test {
                line.option(*not, name, &value.0);
            }
        }
        if let Some(Test { not, value }) = &self.protocol {
            line.option(*not, "-p", value);
        }
        if let Some(Test { not, .. }) = self.fragment {
            line.flag(not, "-f");
        }
        for one in &self.matches {
            one.write(line);
        }
        if let Some(target) = &self.target {
            target.write(line);
        }
    }
}

/// As iptables-save prints it behind `-A CHAIN`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Line::default();
        self.write(&mut line);
        f.write_str(&line.0)
    }
}

/// An interface's name; with `+` at its end, all whose names begin so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Interface(String);

/// The kernel's room for an interface's name.
const LONGEST: usize = 15;

impl Interface {
    /// A name.
    ///
    /// # Errors
    /// It is empty, too long, or holds a sign that no interface's name has.
    pub fn new(name: &str) -> Result<Interface, crate::Invalid> {
        let wrong = |what: String| {
            Err(crate::Invalid::new(
                what,
                format!("write the name of an interface, at most {LONGEST} bytes; a + at its end stands for any rest"),
            ))
        };
        match name {
            "" => wrong("an interface has no name".to_owned()),
            name if name.len() > LONGEST => wrong(format!("{name:?} is too long for an interface")),
            name if name.contains(|c: char| c.is_whitespace() || c == '/' || c == '!') => {
                wrong(format!("{name:?} is no name of an interface"))
            }
            name => Ok(Interface(name.to_owned())),
        }
    }

    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands for the interface of this name.
    pub fn matches(&self, name: &str) -> bool {
        match self.0.strip_suffix('+') {
            Some(begin) => name.starts_with(begin),
            None => self.0 == name,
        }
    }
}

//! `REJECT`.

use crate::extension::{Extension, Given, Syntax};
use crate::word::Line;
use crate::{Family, Invalid};

/// `-j REJECT`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reject {
    /// `--reject-with`
    pub with: RejectWith,
}

/// What the sender is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RejectWith {
    /// An error of ICMP, by its code in "destination unreachable".
    Icmp(u8),
    /// An error of ICMPv6, by its code in "destination unreachable".
    Icmp6(u8),
    /// The connection is reset.
    TcpReset,
}

/// Printed name, short name, what it is.
const V4: [(&str, &str, RejectWith); 8] = [
    ("icmp-net-unreachable", "net-unreach", RejectWith::Icmp(0)),
    ("icmp-host-unreachable", "host-unreach", RejectWith::Icmp(1)),
    ("icmp-proto-unreachable", "proto-unreach", RejectWith::Icmp(2)),
    ("icmp-port-unreachable", "port-unreach", RejectWith::Icmp(3)),
    ("icmp-net-prohibited", "net-prohib", RejectWith::Icmp(9)),
    ("icmp-host-prohibited", "host-prohib", RejectWith::Icmp(10)),
    ("tcp-reset", "tcp-rst", RejectWith::TcpReset),
    ("icmp-admin-prohibited", "admin-prohib", RejectWith::Icmp(13)),
];
const V6: [(&str, &str, RejectWith); 7] = [
    ("icmp6-no-route", "no-route", RejectWith::Icmp6(0)),
    ("icmp6-adm-prohibited", "adm-prohibited", RejectWith::Icmp6(1)),
    ("icmp6-addr-unreachable", "addr-unreach", RejectWith::Icmp6(3)),
    ("icmp6-port-unreachable", "port-unreach", RejectWith::Icmp6(4)),
    ("tcp-reset", "tcp-reset", RejectWith::TcpReset),
    ("icmp6-policy-fail", "policy-fail", RejectWith::Icmp6(5)),
    ("icmp6-reject-route", "reject-route", RejectWith::Icmp6(6)),
];

fn table(family: Family) -> &'static [(&'static str, &'static str, RejectWith)] {
    match family {
        Family::V4 => &V4,
        Family::V6 => &V6,
    }
}

impl RejectWith {
    /// What iptables says when it is not told otherwise.
    pub fn usual(family: Family) -> RejectWith {
        match family {
            Family::V4 => RejectWith::Icmp(3),
            Family::V6 => RejectWith::Icmp6(4),
        }
    }

    /// Reads a name, which may be cut short.
    ///
    /// # Errors
    /// The family has none of this name.
    pub fn parse(text: &str, family: Family) -> Result<RejectWith, Invalid> {
        let lower = text.to_ascii_lowercase();
        let table = table(family);
        let found = table.iter().find(|(name, short, _)| name.starts_with(&lower) || *short == lower);
        found.map(|(_, _, with)| *with).ok_or_else(|| {
            let names: Vec<&str> = table.iter().map(|(name, _, _)| *name).collect();
            Invalid::new(
                format!("{text:?} is no answer that {family} has"),
                format!("write one of {}", names.join(", ")),
            )
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        V4.iter().chain(&V6).find(|(_, _, with)| *with == self).map_or("icmp-port-unreachable", |(name, _, _)| name)
    }
}

impl Extension for Reject {
    const SYNTAX: Syntax = Syntax { name: "REJECT", options: &[(&["--reject-with"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Reject>, Invalid> {
        let family = given.family;
        let with = given.value("--reject-with", |text| RejectWith::parse(text, family))?;
        Ok(Some(Reject { with: with.unwrap_or(RejectWith::usual(family)) }))
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--reject-with", self.with.name());
    }
}

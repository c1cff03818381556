//! `ttl` and `hl`: how far a packet may still go.

use crate::Invalid;
use crate::extension::{Extension, Given, Syntax, needs};
use crate::value::decimal;
use crate::word::Line;

/// How a number compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// It is this one.
    Equal {
        /// `!`: any but this one.
        not: bool,
    },
    /// It is less.
    Less,
    /// It is greater.
    Greater,
}

/// `-m ttl`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ttl {
    /// How it compares.
    pub bound: Bound,
    /// With what.
    pub hops: u8,
}

/// `-m hl`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HopLimit {
    /// How it compares.
    pub bound: Bound,
    /// With what.
    pub hops: u8,
}

fn bound(given: &mut Given<'_>, name: &str) -> Result<(Bound, u8), Invalid> {
    if let Some(test) = given.test(&format!("--{name}-eq"), decimal)? {
        return Ok((Bound::Equal { not: test.not }, test.value));
    }
    if let Some(hops) = given.value(&format!("--{name}-lt"), decimal)? {
        return Ok((Bound::Less, hops));
    }
    let hops = given.value(&format!("--{name}-gt"), decimal)?;
    Ok((Bound::Greater, hops.ok_or_else(|| needs(name, &format!("`--{name}-eq`, `--{name}-lt` or `--{name}-gt`")))?))
}

fn write_bound(line: &mut Line, name: &str, bound: Bound, hops: u8) {
    let (not, sign) = match bound {
        Bound::Equal { not } => (not, "eq"),
        Bound::Less => (false, "lt"),
        Bound::Greater => (false, "gt"),
    };
    line.option(not, &format!("--{name}-{sign}"), hops);
}

impl Extension for Ttl {
    const SYNTAX: Syntax =
        Syntax { name: "ttl", options: &[(&["--ttl-eq", "--ttl"], 1), (&["--ttl-lt"], 1), (&["--ttl-gt"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Ttl>, Invalid> {
        bound(given, "ttl").map(|(bound, hops)| Some(Ttl { bound, hops }))
    }

    fn write(&self, line: &mut Line) {
        write_bound(line, "ttl", self.bound, self.hops);
    }
}

impl Extension for HopLimit {
    const SYNTAX: Syntax = Syntax { name: "hl", options: &[(&["--hl-eq"], 1), (&["--hl-lt"], 1), (&["--hl-gt"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<HopLimit>, Invalid> {
        bound(given, "hl").map(|(bound, hops)| Some(HopLimit { bound, hops }))
    }

    fn write(&self, line: &mut Line) {
        write_bound(line, "hl", self.bound, self.hops);
    }
}

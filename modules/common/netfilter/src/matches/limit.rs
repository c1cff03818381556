//! `limit` and `connlimit`: how often, and how many at once.

use crate::extension::{Extension, Given, Syntax};
use crate::value::decimal;
use crate::word::Line;
use crate::{Invalid, Net, Rate};

/// `-m limit`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Limit {
    /// `--limit`
    pub rate: Rate,
    /// `--limit-burst`: how many may come at once.
    pub burst: u32,
}

/// iptables' own burst.
const BURST: u32 = 5;

impl Extension for Limit {
    const SYNTAX: Syntax = Syntax { name: "limit", options: &[(&["--limit"], 1), (&["--limit-burst"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Limit>, Invalid> {
        let rate = match given.value("--limit", Rate::limit)? {
            Some(rate) => rate,
            None => Rate::limit("3/hour")?,
        };
        Ok(Some(Limit { rate, burst: given.value("--limit-burst", decimal)?.unwrap_or(BURST) }))
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--limit", self.rate);
        if self.burst != BURST {
            line.option(false, "--limit-burst", self.burst);
        }
    }
}

/// `-m connlimit`: how many connections a host or a network has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConnLimit {
    /// More than so many; else up to so many.
    pub above: bool,
    /// How many.
    pub connections: u32,
    /// The length of the prefix by which hosts are put together.
    pub prefix: u8,
    /// Counted by destination; else by source.
    pub by_destination: bool,
}

impl Extension for ConnLimit {
    const SYNTAX: Syntax = Syntax {
        name: "connlimit",
        options: &[
            (&["--connlimit-upto"], 1),
            (&["--connlimit-above"], 1),
            (&["--connlimit-mask"], 1),
            (&["--connlimit-saddr"], 0),
            (&["--connlimit-daddr"], 0),
        ],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<ConnLimit>, Invalid> {
        let family = given.family;
        let upto = given.test("--connlimit-upto", decimal)?.map(|test| (test.not, test.value));
        let above = given.test("--connlimit-above", decimal)?.map(|test| (!test.not, test.value));
        let Some((above, connections)) = upto.or(above) else {
            return Err(Invalid::new("`connlimit` says no number", "give `--connlimit-above` or `--connlimit-upto`"));
        };
        let prefix = given.value("--connlimit-mask", |text| match text.parse::<u8>() {
            Ok(prefix) if prefix <= family.bits() => Ok(prefix),
            Ok(_) => {
                Err(Invalid::new(format!("{text} is too long for {family}"), format!("at most {}", family.bits())))
            }
            Err(_) => {
                let zeros =
                    Net::parse(&format!("{}/{text}", if family.bits() == 32 { "0.0.0.0" } else { "::" }), family)?;
                zeros.prefix().ok_or_else(|| Invalid::new(format!("{text} is no prefix"), "write a prefix length"))
            }
        })?;
        let (_, by_destination) = (given.flag("--connlimit-saddr")?, given.flag("--connlimit-daddr")?);
        Ok(Some(ConnLimit { above, connections, prefix: prefix.unwrap_or(family.bits()), by_destination }))
    }

    fn write(&self, line: &mut Line) {
        line.option(false, if self.above { "--connlimit-above" } else { "--connlimit-upto" }, self.connections);
        line.option(false, "--connlimit-mask", self.prefix);
        line.flag(false, if self.by_destination { "--connlimit-daddr" } else { "--connlimit-saddr" });
    }
}

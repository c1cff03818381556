//! `hashlimit`: a rate for each host, port or network.

use std::collections::BTreeSet;

use super::Listed;
use crate::extension::{Extension, Given, Syntax, needs};
use crate::value::decimal;
use crate::word::Line;
use crate::{Invalid, Rate};

/// By what packets are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashMode {
    /// The source address.
    SourceIp,
    /// The source port.
    SourcePort,
    /// The destination address.
    DestinationIp,
    /// The destination port.
    DestinationPort,
}

impl Listed for HashMode {
    const ALL: &'static [(&'static str, HashMode)] = &[
        ("srcip", HashMode::SourceIp),
        ("srcport", HashMode::SourcePort),
        ("dstip", HashMode::DestinationIp),
        ("dstport", HashMode::DestinationPort),
    ];
    const WHAT: &'static str = "mode of hashlimit";
}

/// `-m hashlimit`, by packets. Rates in bytes stay text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HashLimit {
    /// Faster than the rate; else up to it.
    pub above: bool,
    /// The rate.
    pub rate: Rate,
    /// How many may come at once.
    pub burst: u32,
    /// By what packets are told apart; of none, all share one rate.
    pub mode: BTreeSet<HashMode>,
    /// The table's name.
    pub name: String,
    /// `--hashlimit-htable-size`
    pub size: Option<u32>,
    /// `--hashlimit-htable-max`
    pub most: Option<u32>,
    /// `--hashlimit-htable-gcinterval`, in milliseconds.
    pub clean_every: Option<u32>,
    /// `--hashlimit-htable-expire`, in milliseconds.
    pub expire: u64,
    /// `--hashlimit-srcmask`
    pub source_prefix: u8,
    /// `--hashlimit-dstmask`
    pub destination_prefix: u8,
}

const BURST: u32 = 5;

impl Extension for HashLimit {
    const SYNTAX: Syntax = Syntax {
        name: "hashlimit",
        options: &[
            (&["--hashlimit-upto", "--hashlimit"], 1),
            (&["--hashlimit-above"], 1),
            (&["--hashlimit-burst"], 1),
            (&["--hashlimit-mode"], 1),
            (&["--hashlimit-name"], 1),
            (&["--hashlimit-htable-size"], 1),
            (&["--hashlimit-htable-max"], 1),
            (&["--hashlimit-htable-gcinterval"], 1),
            (&["--hashlimit-htable-expire"], 1),
            (&["--hashlimit-srcmask"], 1),
            (&["--hashlimit-dstmask"], 1),
            (&["--hashlimit-rate-match"], 0),
            (&["--hashlimit-rate-interval"], 1),
        ],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<HashLimit>, Invalid> {
        let bytes = given.options.iter().any(|option| {
            option.name.contains("-rate-")
                || option
                    .values
                    .first()
                    .is_some_and(|value| value.contains("b/") || value.ends_with('b') && option.name.ends_with("burst"))
        });
        if bytes {
            return Ok(None);
        }
        let bits = given.family.bits();
        let upto = given.test("--hashlimit-upto", Rate::hashlimit)?.map(|test| (test.not, test.value));
        let above = given.test("--hashlimit-above", Rate::hashlimit)?.map(|test| (!test.not, test.value));
        let Some((above, (rate, unit))) = upto.or(above) else {
            return Err(needs("hashlimit", "`--hashlimit-upto` or `--hashlimit-above`"));
        };
        let Some(name) = given.text("--hashlimit-name")? else {
            return Err(needs("hashlimit", "`--hashlimit-name`"));
        };
        Ok(Some(HashLimit {
            above,
            rate,
            burst: given.value("--hashlimit-burst", decimal)?.unwrap_or(BURST),
            mode: given.value("--hashlimit-mode", HashMode::list)?.unwrap_or_default(),
            name,
            size: given.value("--hashlimit-htable-size", decimal)?,
            most: given.value("--hashlimit-htable-max", decimal)?,
            clean_every: given
                .value("--hashlimit-htable-gcinterval", decimal)?
                .filter(|milliseconds| *milliseconds != 1_000),
            expire: given.value("--hashlimit-htable-expire", decimal)?.unwrap_or(unit * 1_000),
            source_prefix: given.value("--hashlimit-srcmask", decimal)?.unwrap_or(bits),
            destination_prefix: given.value("--hashlimit-dstmask", decimal)?.unwrap_or(bits),
        }))
    }

    fn write(&self, line: &mut Line) {
        line.option(false, if self.above { "--hashlimit-above" } else { "--hashlimit-upto" }, self.rate);
        line.option(false, "--hashlimit-burst", self.burst);
        if !self.mode.is_empty() {
            line.option(false, "--hashlimit-mode", HashMode::join(&self.mode));
        }
        line.option(false, "--hashlimit-name", &self.name);
        let tuned = [
            ("--hashlimit-htable-size", self.size),
            ("--hashlimit-htable-max", self.most),
            ("--hashlimit-htable-gcinterval", self.clean_every),
        ];
        for (name, value) in tuned {
            if let Some(value) = value {
                line.option(false, name, value);
            }
        }
        let (_, _, unit) = self.rate.shown();
        if self.expire != unit * 1_000 {
            line.option(false, "--hashlimit-htable-expire", self.expire);
        }
        // 32 is no mask of IPv4, and none that IPv6 leaves out; both know what they were read as.
        for (name, prefix) in
            [("--hashlimit-srcmask", self.source_prefix), ("--hashlimit-dstmask", self.destination_prefix)]
        {
            if prefix != 32 && prefix != 128 {
                line.option(false, name, prefix);
            }
        }
    }
}

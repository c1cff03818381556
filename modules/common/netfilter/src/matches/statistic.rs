//! `statistic`: every so many packets, or some of them by chance.

use crate::extension::{Extension, Given, Syntax, needs};
use crate::value::decimal;
use crate::word::Line;
use crate::{Invalid, Test};

/// `-m statistic`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Statistic {
    /// By chance.
    Random(Random),
    /// Every so many packets.
    Nth(Nth),
}

/// `--mode random`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Random {
    /// How likely, in parts of 2^31.
    pub probability: Test<u32>,
}

/// `--mode nth`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Nth {
    /// Of how many packets one is meant.
    pub every: Test<u32>,
    /// Which of them, from 0.
    pub packet: u32,
}

const CERTAIN: f64 = 2_147_483_648.0;

impl Extension for Statistic {
    const SYNTAX: Syntax = Syntax {
        name: "statistic",
        options: &[(&["--mode"], 1), (&["--probability"], 1), (&["--every"], 1), (&["--packet"], 1)],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<Statistic>, Invalid> {
        let mode = given.text("--mode")?;
        match mode.as_deref() {
            Some("random") => {
                let probability = given.test("--probability", |text| match text.parse::<f64>() {
                    Ok(share) if (0.0..=1.0).contains(&share) => Ok((share * CERTAIN).round() as u32),
                    _ => Err(Invalid::new(format!("{text:?} is no probability"), "write a number from 0 to 1")),
                })?;
                let probability = probability.ok_or_else(|| needs("statistic", "`--probability`"))?;
                Ok(Some(Statistic::Random(Random { probability })))
            }
            Some("nth") => {
                let every = given.test("--every", decimal)?.ok_or_else(|| needs("statistic", "`--every`"))?;
                Ok(Some(Statistic::Nth(Nth { every, packet: given.value("--packet", decimal)?.unwrap_or(0) })))
            }
            _ => Err(needs("statistic", "`--mode random` or `--mode nth`")),
        }
    }

    fn write(&self, line: &mut Line) {
        match self {
            Statistic::Random(Random { probability: Test { not, value } }) => {
                line.option(false, "--mode", "random");
                line.option(*not, "--probability", format_args!("{:.11}", f64::from(*value) / CERTAIN));
            }
            Statistic::Nth(Nth { every: Test { not, value }, packet }) => {
                line.option(false, "--mode", "nth");
                line.option(*not, "--every", value);
                line.option(false, "--packet", packet);
            }
        }
    }
}

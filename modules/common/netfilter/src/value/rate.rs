//! How often something may happen.

use std::fmt;

use crate::Invalid;

/// A rate as the kernel keeps it: the time between two packets, in the kernel's ticks (10,000 a second).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    ticks: u64,
    per_second: u64,
}

/// Ticks a second of `limit` (XT_LIMIT_SCALE).
const LIMIT: u64 = 10_000;
/// Ticks a second of `hashlimit` (XT_HASHLIMIT_SCALE_v2).
const HASHLIMIT: u64 = 1_000_000;

/// The units, largest first, and their seconds.
const UNITS: [(&str, u64); 4] = [("day", 86_400), ("hour", 3_600), ("min", 60), ("sec", 1)];

impl Rate {
    /// Reads the rate of `limit`: `5`, `5/s`, `5/minute`.
    ///
    /// # Errors
    /// It is no rate, or faster than the kernel can count.
    pub fn limit(text: &str) -> Result<Rate, Invalid> {
        parse(text, LIMIT).map(|(rate, _)| rate)
    }

    /// Reads the rate of `hashlimit`; also the seconds of the unit that it is written in.
    pub(crate) fn hashlimit(text: &str) -> Result<(Rate, u64), Invalid> {
        parse(text, HASHLIMIT)
    }

    /// As it is printed: so many in the largest unit that suits, and that unit's seconds.
    pub(crate) fn shown(&self) -> (u64, &'static str, u64) {
        let mut chosen = UNITS.len();
        for (index, (_, seconds)) in UNITS.iter().enumerate().skip(1) {
            let ticks = seconds * self.per_second;
            if self.ticks > ticks || ticks / self.ticks < ticks % self.ticks {
                chosen = index;
                break;
            }
        }
        let (name, seconds) = UNITS[chosen - 1];
        (seconds * self.per_second / self.ticks, name, seconds)
    }
}

fn parse(text: &str, per_second: u64) -> Result<(Rate, u64), Invalid> {
    let wrong = |what: &str| {
        Invalid::new(
            format!("{text:?} is no rate{what}"),
            "write a number and its unit, as 5/second, 10/minute or 3/hour",
        )
    };
    let (number, unit) = text.split_once('/').unwrap_or((text, "second"));
    let number: u64 = number.parse().map_err(|_| wrong(""))?;
    let named = |(name, _): &&(&str, u64)| {
        let whole = match *name {
            "min" => "minute",
            "sec" => "second",
            name => name,
        };
        !unit.is_empty() && whole.starts_with(&unit.to_ascii_lowercase())
    };
    let (_, seconds) = UNITS.iter().find(named).ok_or_else(|| wrong(""))?;
    if number == 0 {
        return Err(wrong(": nothing would ever pass"));
    }
    // The kernel's own order of rounding.
    let ticks = per_second * seconds / number;
    if ticks == 0 || number / seconds > per_second {
        return Err(wrong(&format!(": the fastest is {per_second}/second")));
    }
    Ok((Rate { ticks, per_second }, *seconds))
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit, _) = self.shown();
        write!(f, "{number}/{unit}")
    }
}

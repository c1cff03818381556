//! Durations: `1m30s`, `500ms`, `1h`.

use ansible::Sentence;
use serde::Deserialize;

use crate::Text;

/// A duration in nanoseconds, written as Docker does: numbers with the units h, m, s, ms, us, ns, largest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Text")]
pub struct Duration(pub i64);

impl TryFrom<Text> for Duration {
    type Error = Sentence;

    fn try_from(Text(text): Text) -> Result<Self, Sentence> {
        nanoseconds(&text).map(Duration).ok_or_else(|| {
            Sentence(format!(
                "Invalid time duration - {text} - for {{option}}: write numbers with units, such as 30s or 1m30s"
            ))
        })
    }
}

/// A duration in nanoseconds, written as a [`Duration`] is, or as a whole number of nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Text")]
pub struct DurationOrNanoseconds(pub i64);

impl TryFrom<Text> for DurationOrNanoseconds {
    type Error = Sentence;

    fn try_from(Text(text): Text) -> Result<Self, Sentence> {
        match text.parse() {
            Ok(nanoseconds) => Ok(DurationOrNanoseconds(nanoseconds)),
            Err(_) => Duration::try_from(Text(text)).map(|Duration(nanoseconds)| DurationOrNanoseconds(nanoseconds)),
        }
    }
}

/// The units, in the order in which they may come, with their nanoseconds.
const UNITS: [(&str, i64); 6] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// Reads a duration; `None` when it is none. A bare number has no unit, and is refused, but `0` is 0.
fn nanoseconds(text: &str) -> Option<i64> {
    if text == "0" {
        return Some(0);
    }
    let (mut rest, mut sum, mut next) = (text, 0_i64, 0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let place = UNITS.iter().position(|(name, _)| *name == unit).filter(|place| *place >= next)?;
        sum = sum.checked_add(number.parse::<i64>().ok()?.checked_mul(UNITS[place].1)?)?;
        (rest, next) = (tail, place + 1);
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, wanted) in [
            ("30s", Some(30_000_000_000)),
            ("1m30s", Some(90_000_000_000)),
            ("1h2m3s4ms5us6ns", Some(3_723_004_005_006)),
            ("500ms", Some(500_000_000)),
            ("0", Some(0)),
            ("0s", Some(0)),
            ("30", None),
            ("30s1m", None),
            ("soon", None),
            ("", None),
            ("1m 30s", None),
        ] {
            assert_eq!(nanoseconds(text), wanted, "{text}");
        }
    }
}

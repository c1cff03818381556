//! Sizes: `512M`, `2 GiB`, `1073741824`.

use ansible::Sentence;
use serde::Deserialize;

use crate::Text;

/// A size in bytes, as Ansible's `human_to_bytes` reads it: a number and B, K, M, G, T, P, E, Z or Y (powers of 1024),
/// optionally followed by `B` or `iB`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Text")]
pub struct Size(pub i64);

/// A size in bytes, or `unlimited` (also `-1`), which is -1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Text")]
pub struct SizeOrUnlimited(pub i64);

impl TryFrom<Text> for Size {
    type Error = Sentence;

    fn try_from(Text(text): Text) -> Result<Self, Sentence> {
        bytes(&text).map(Size).ok_or_else(|| refusal(&text))
    }
}

impl TryFrom<Text> for SizeOrUnlimited {
    type Error = Sentence;

    fn try_from(Text(text): Text) -> Result<Self, Sentence> {
        if text == "unlimited" || text == "-1" {
            return Ok(SizeOrUnlimited(-1));
        }
        bytes(&text).map(SizeOrUnlimited).ok_or_else(|| refusal(&text))
    }
}

fn refusal(text: &str) -> Sentence {
    Sentence(format!(
        "Failed to convert {{option}} to bytes: can't read {text:?}: write a number and a unit, such as 512M or 2G"
    ))
}

/// Reads a size; `None` when it is none.
fn bytes(text: &str) -> Option<i64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().ok()?;
    let unit = unit.trim_start();
    let mut letters = unit.chars();
    let exponent = match letters.next() {
        None => 0,
        Some(letter) => "BKMGTPEZY".find(letter.to_ascii_uppercase())?,
    };
    match (exponent, letters.as_str()) {
        (_, "") | (1.., "B" | "b" | "iB" | "ib") => {}
        _ => return None,
    }
    let bytes = number * 1024f64.powi(i32::try_from(exponent).ok()?);
    (bytes.is_finite() && bytes < 9.2e18).then(|| bytes.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, wanted) in [
            ("0", Some(0)),
            ("64M", Some(67_108_864)),
            ("64m", Some(67_108_864)),
            ("1.5G", Some(1_610_612_736)),
            ("1 KiB", Some(1024)),
            ("10KB", Some(10_240)),
            ("12B", Some(12)),
            ("1073741824", Some(1_073_741_824)),
            ("-1", None),
            ("many", None),
            ("5X", None),
            ("5Mx", None),
            ("", None),
            ("99999Y", None),
        ] {
            assert_eq!(bytes(text), wanted, "{text}");
        }
    }
}

//! Numbers: int, float, and sizes such as `512M`.

use serde_json::{Number, Value};

use super::coerce::refused;
use crate::python;

/// A whole number. A bool is one, as in Python, and stays as it is for messages.
pub(super) fn int(value: &Value) -> Result<Option<Value>, String> {
    let whole = match value {
        Value::Number(number) if number.is_f64() => {
            number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e18).map(|float| float as i128)
        }
        Value::Number(_) | Value::Bool(_) => return Ok(None),
        Value::String(text) => decimal(text),
        _ => None,
    };
    let number =
        whole.and_then(number).ok_or_else(|| format!("\"{}\" cannot be converted to an int", python::repr(value)))?;
    Ok(Some(number))
}

/// A JSON number of 64 bits. Python's ints have no limit; nothing that a module takes is larger.
fn number(whole: i128) -> Option<Value> {
    i64::try_from(whole).map(Value::from).or_else(|_| u64::try_from(whole).map(Value::from)).ok()
}

/// The whole number that a decimal text stands for: `10`, `1e3`, `5.0`, `1_000`.
fn decimal(text: &str) -> Option<i128> {
    let text = python::strip(text).replace('_', "").to_ascii_lowercase();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let (mantissa, exponent) = match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let bare = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if !all_digits(bare) || bare.is_empty() {
                return None;
            }
            (mantissa, exponent.parse::<i64>().ok()?)
        }
        None => (text, 0),
    };
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if !all_digits(before) || !all_digits(after) || before.is_empty() && after.is_empty() {
        return None;
    }
    let digits = format!("{before}{after}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    let dropped = digits.len() - digits.trim_end_matches('0').len();
    let shift = exponent.checked_add(i64::try_from(dropped).ok()?)?.checked_sub(i64::try_from(after.len()).ok()?)?;
    let power = 10_i128.checked_pow(u32::try_from(shift).ok()?)?;
    let whole = significant.parse::<i128>().ok()?.checked_mul(power)?;
    Some(if negative { -whole } else { whole })
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A float. Infinity and "not a number" are refused: JSON has no word for them.
pub(super) fn float(value: &Value) -> Result<Option<Value>, String> {
    let float = match value {
        Value::Number(number) if number.is_f64() => return Ok(None),
        Value::Number(number) => number.as_f64(),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::String(text) => without_underscores(python::strip(text)).and_then(|text| text.parse().ok()),
        _ => None,
    };
    float.and_then(Number::from_f64).map(|number| Some(number.into())).ok_or_else(|| refused(value, "a float"))
}

/// Python lets single underscores stand between digits.
fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let well_placed = text.match_indices('_').all(|(at, _)| digit(at.checked_sub(1)) && digit(at.checked_add(1)));
    well_placed.then(|| text.replace('_', ""))
}

/// The size letters, each 1024 times the one before.
const LETTERS: &str = "BKMGTPEZY";

/// A size in bytes or bits: `1.5G`, `10 kilobyte`, `1Mb`.
pub(super) fn size(value: &Value, bits: bool) -> Result<Value, String> {
    let wanted = if bits { "a Bit value" } else { "a Byte value" };
    let text = python::str(value);
    parse_size(&text, bits).and_then(number).ok_or_else(|| refused(value, wanted))
}

fn parse_size(text: &str, bits: bool) -> Option<i128> {
    let text = text.trim_end_matches(python::space);
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (amount, unit) = text.split_at(unit_at);
    if !unit.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let amount = amount.trim_end_matches(python::space);
    let (before, after) = amount.split_once('.').unwrap_or(("", amount));
    if !all_digits(before) || !all_digits(after) || after.is_empty() {
        return None;
    }
    let amount: f64 = amount.parse().ok()?;
    let factor = match unit.chars().next() {
        None => 1.0,
        Some(first) => {
            let letter = first.to_ascii_uppercase();
            let power = LETTERS.find(letter)?;
            if unit.len() > 1 && !names_unit(unit, letter, bits) {
                return None;
            }
            1024_f64.powi(i32::try_from(power).ok()?)
        }
    };
    let size = (amount * factor).round_ties_even();
    (size < 1e20).then_some(size as i128)
}

/// Whether a unit of several letters names the size: `KB` or `kilobyte`, for bits `Kb` or `kilobit`.
fn names_unit(unit: &str, letter: char, bits: bool) -> bool {
    let prefix = match letter {
        'K' => "kilo",
        'M' => "mega",
        'G' => "giga",
        'T' => "tera",
        'P' => "peta",
        'E' => "exa",
        'Z' => "zeta",
        'Y' => "yotta",
        _ => "",
    };
    let (word, short) = if bits { ("bit", 'b') } else { ("byte", 'B') };
    unit.to_ascii_lowercase() == format!("{prefix}{word}") || letter != 'B' && unit == format!("{letter}{short}")
}

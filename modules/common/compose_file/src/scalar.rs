//! What a plain YAML scalar means, as Docker's YAML library has it.

use crate::node::Data;

/// Reads a scalar that stands without quotes and tag. `yes`, `on` and their like are text, which becomes a boolean where
/// one is wanted; `0440` is octal, as file modes are written.
pub(crate) fn plain(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Null,
        "true" | "True" | "TRUE" => return Data::Bool(true),
        "false" | "False" | "FALSE" => return Data::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Data::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Data::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Data::Float(f64::NAN),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return Data::Text(text.to_owned());
    }
    let digits = text.replace('_', "");
    if let Some(number) = integer(&digits) {
        return Data::Integer(number);
    }
    // Too large for this type, but no fraction: its digits all count.
    if digits.len() > 16 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Data::Text(digits);
    }
    match float(&digits) {
        Some(number) => Data::Float(number),
        None => Data::Text(text.to_owned()),
    }
}

/// An integer: decimal, or with 0x, 0o, 0b, or a leading 0 for octal.
pub(crate) fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (digits, radix) = if let Some(digits) = lower.strip_prefix("0x") {
        (digits, 16)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (digits, 2)
    } else if let Some(digits) = lower.strip_prefix("0o") {
        (digits, 8)
    } else if let Some(digits) = lower.strip_prefix('0').filter(|digits| !digits.is_empty()) {
        (digits, 8)
    } else {
        (lower.as_str(), 10)
    };
    // from_str_radix takes a sign of its own, as in 0x-1.
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    i64::from_str_radix(&format!("{sign}{digits}"), radix).ok()
}

fn float(text: &str) -> Option<f64> {
    let shape = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    if shape && text.bytes().any(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// A number as Go prints it: the shortest digits, with an exponent below 1e-4 and from 1e21 on.
pub(crate) fn float_as_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let size = value.abs();
    if size == 0.0 || (1e-4..1e21).contains(&size) {
        return value.to_string();
    }
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Place, node::Node};

    #[test]
    fn scalars_as_docker_prints_them() {
        let place = Place { file: "x".into(), line: None };
        for (text, wanted) in [
            ("42", Some("42")),
            ("0440", Some("288")),
            ("0o17", Some("15")),
            ("0x10", Some("16")),
            ("0b11", Some("3")),
            ("1_000", Some("1000")),
            ("-7", Some("-7")),
            ("+7", Some("7")),
            ("08", Some("8")),
            ("1.10", Some("1.1")),
            ("1.0", Some("1")),
            ("3.8", Some("3.8")),
            ("1e3", Some("1000")),
            ("1e21", Some("1e+21")),
            ("0.00001", Some("1e-05")),
            (".5", Some("0.5")),
            ("9223372036854775808", Some("9223372036854775808")),
            ("true", Some("true")),
            ("yes", Some("yes")),
            ("null", None),
            ("2024-01-02", Some("2024-01-02")),
            ("10.0.0.1", Some("10.0.0.1")),
            ("1:2", Some("1:2")),
            ("0x-1", Some("0x-1")),
            ("-", Some("-")),
            (".", Some(".")),
            ("--1", Some("--1")),
            (".inf", Some("+Inf")),
        ] {
            assert_eq!(Node::new(plain(text), &place).scalar().as_deref(), wanted, "{text}");
        }
    }
}

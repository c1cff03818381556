//! The small formats within values: durations, sizes, processor shares, command lines.

/// A duration in nanoseconds, as Go reads it: numbers with the units h, m, s, ms, us, ns, in any order, with fractions.
pub(crate) fn duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut sum = 0_i64;
    loop {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).filter(|end| *end > 0)?;
        let (number, tail) = rest.split_at(end);
        let letters = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let unit = match unit {
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            "us" | "µs" | "μs" => 1_000,
            "ns" => 1,
            _ => return None,
        };
        sum = sum.checked_add(scaled(number, unit)?)?;
        if tail.is_empty() {
            return Some(sign * sum);
        }
        rest = tail;
    }
}

/// A decimal number times `unit`, what is below 1 cut off; `None` when it is no number or too large.
fn scaled(number: &str, unit: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut part = 0_i128;
    let mut scale = 1_i128;
    // Eighteen digits are finer than any unit here.
    for digit in fraction.bytes().take(18) {
        part = part * 10 + i128::from(digit - b'0');
        scale *= 10;
    }
    let part = i64::try_from(part * i128::from(unit) / scale).ok()?;
    whole.checked_mul(unit)?.checked_add(part)
}

/// A size in bytes, in powers of 1024: `512`, `64k`, `1.5G`, `2 GiB`.
pub(crate) fn size(text: &str) -> Option<i64> {
    let end = text.rfind(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' '))? + 1;
    let (number, unit) = text.split_at(end);
    let number = number.strip_suffix(' ').unwrap_or(number);
    let number: f64 = if number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        number.parse().ok()?
    } else {
        return None;
    };
    let unit = unit.to_ascii_lowercase();
    let mut letters = unit.chars();
    let power = match letters.next() {
        None | Some('b') => 0,
        Some(letter) => i32::try_from("kmgtp".find(letter)?).ok()? + 1,
    };
    if !matches!((power, letters.as_str()), (_, "") | (1.., "b" | "ib")) {
        return None;
    }
    let bytes = number * 1024_f64.powi(power);
    (bytes < 9.2e18).then_some(bytes as i64)
}

/// Processors in billionths: `0.5` is 500000000. `None` when it is no number, or finer than that.
pub(crate) fn nano_cpus(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let fraction = fraction.trim_end_matches('0');
    if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    scaled(text, 1_000_000_000)
}

/// Splits a command line as Docker's does: like a shell, but a backslash between double quotes protects every
/// character, and a word that begins with `#` and what follows it is a comment. `None` when a quote is left open.
pub(crate) fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '#' if word.is_none() => {
                letters.by_ref().find(|letter| *letter == '\n');
            }
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next()? {
                        '\'' => break,
                        letter => word.push(letter),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next()? {
                        '"' => break,
                        '\\' => word.push(letters.next()?),
                        letter => word.push(letter),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(letters.next()?),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, wanted) in [
            ("30s", Some(30_000_000_000)),
            ("1m30s", Some(90_000_000_000)),
            ("1.5h", Some(5_400_000_000_000)),
            ("30s1m", Some(90_000_000_000)),
            ("10ms5us3ns", Some(10_005_003)),
            ("-1s", Some(-1_000_000_000)),
            ("0", Some(0)),
            (".5s", Some(500_000_000)),
            ("1.s", Some(1_000_000_000)),
            ("5", None),
            ("", None),
            ("s", None),
            (".s", None),
            ("1.2.3s", None),
            ("1d", None),
            ("9999999999h", None),
        ] {
            assert_eq!(duration(text), wanted, "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, wanted) in [
            ("0", Some(0)),
            ("512", Some(512)),
            ("50M", Some(52_428_800)),
            ("1.5g", Some(1_610_612_736)),
            ("2 GiB", Some(2_147_483_648)),
            ("64kb", Some(65_536)),
            ("10b", Some(10)),
            ("10bb", None),
            ("-1", None),
            ("x", None),
            ("", None),
            ("5x", None),
            ("9999999p", None),
        ] {
            assert_eq!(size(text), wanted, "{text}");
        }
    }

    #[test]
    fn processors() {
        for (text, wanted) in [
            ("0.5", Some(500_000_000)),
            ("2", Some(2_000_000_000)),
            ("0.001", Some(1_000_000)),
            ("1.50", Some(1_500_000_000)),
            ("0.0000000001", None),
            ("-1", None),
            ("", None),
            ("one", None),
        ] {
            assert_eq!(nano_cpus(text), wanted, "{text}");
        }
    }

    #[test]
    fn command_lines() {
        for (line, wanted) in [
            ("a b", Some(vec!["a", "b"])),
            ("  sh -c 'echo \"$X\"' ", Some(vec!["sh", "-c", "echo \"$X\""])),
            (r#"a "b \" \c" d"#, Some(vec!["a", "b \" c", "d"])),
            (r"a\ b '' c", Some(vec!["a b", "", "c"])),
            ("a #b\nc", Some(vec!["a", "c"])),
            ("a#b", Some(vec!["a#b"])),
            ("", Some(vec![])),
            ("'a", None),
            ("a\\", None),
        ] {
            let got = words(line);
            assert_eq!(got.as_ref().map(|words| words.iter().map(String::as_str).collect()), wanted, "{line}");
        }
    }
}

//! Numbers as rules write them, values with masks, spans.

use std::fmt;
use std::str::FromStr;

use crate::Invalid;

/// Reads a number in decimal, hexadecimal (`0x`) or octal (`0`).
pub(crate) fn number<T: TryFrom<u64>>(text: &str) -> Result<T, Invalid> {
    let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None if text.len() > 1 && text.starts_with('0') => u64::from_str_radix(&text[1..], 8),
        None => text.parse(),
    };
    parsed.ok().and_then(|number| T::try_from(number).ok()).ok_or_else(|| no_number(text))
}

/// Reads a number in decimal.
pub(crate) fn decimal<T: FromStr>(text: &str) -> Result<T, Invalid> {
    text.parse().map_err(|_| no_number(text))
}

fn no_number(text: &str) -> Invalid {
    Invalid::new(format!("{text:?} is no number that fits here"), "write a whole number")
}

/// Bits and which of them count: `0x10/0xff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Masked {
    /// The bits.
    pub value: u32,
    /// Those that count.
    pub mask: u32,
}

impl Masked {
    /// Reads `value` or `value/mask`.
    ///
    /// # Errors
    /// One of them is no number of 32 bits.
    pub fn parse(text: &str) -> Result<Masked, Invalid> {
        match text.split_once('/') {
            Some((value, mask)) => Ok(Masked { value: number(value)?, mask: number(mask)? }),
            None => Ok(Masked { value: number(text)?, mask: u32::MAX }),
        }
    }
}

/// Without the mask when all bits count.
impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.value)?;
        if self.mask == u32::MAX { Ok(()) } else { write!(f, "/{:#x}", self.mask) }
    }
}

/// Whole numbers from one to another, both in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first.
    pub first: u32,
    /// The last.
    pub last: u32,
}

impl Span {
    /// Reads `n`, or two numbers with `between` them.
    ///
    /// # Errors
    /// One of them is no number, or the first is the greater.
    pub fn parse(text: &str, between: char) -> Result<Span, Invalid> {
        let (first, last) = text.split_once(between).unwrap_or((text, text));
        let span = Span { first: number(first)?, last: number(last)? };
        if span.first > span.last {
            return Err(Invalid::new(
                format!("{text}: the range ends before it begins"),
                format!("write {last}{between}{first}"),
            ));
        }
        Ok(span)
    }

    /// Whether a number is in it.
    pub fn contains(&self, number: u32) -> bool {
        (self.first..=self.last).contains(&number)
    }

    pub(crate) fn with(self, between: char) -> impl fmt::Display {
        if self.first == self.last { self.first.to_string() } else { format!("{}{between}{}", self.first, self.last) }
    }
}

//! Ports.

use std::fmt;

use crate::{Invalid, Names};

/// A port, or a range of ports with both ends in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    /// The first port.
    pub first: u16,
    /// The last port.
    pub last: u16,
}

impl PortRange {
    /// One port.
    pub fn one(port: u16) -> PortRange {
        PortRange { first: port, last: port }
    }

    /// Reads a port, a service's name, or `first:last`, of which either may be left out.
    ///
    /// # Errors
    /// It is no port, or the range ends before it begins.
    pub fn parse(text: &str, names: &Names) -> Result<PortRange, Invalid> {
        PortRange::between(text, ':', names)
    }

    /// As [`PortRange::parse`], with another sign between the ends.
    pub(crate) fn between(text: &str, sign: char, names: &Names) -> Result<PortRange, Invalid> {
        let range = match text.split_once(sign) {
            None => PortRange::one(port(text, names)?),
            // A service's name may have a dash in it.
            Some(_) if sign == '-' && names.service(text).is_some() => PortRange::one(port(text, names)?),
            Some((first, last)) => PortRange {
                first: if first.is_empty() { 0 } else { port(first, names)? },
                last: if last.is_empty() { u16::MAX } else { port(last, names)? },
            },
        };
        if range.first > range.last {
            return Err(Invalid::new(
                format!("{text}: the range of ports ends before it begins"),
                format!("write {}{sign}{}", range.last, range.first),
            ));
        }
        Ok(range)
    }

    /// Whether a port is in it.
    pub fn contains(&self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }

    pub(crate) fn with(self, sign: char) -> impl fmt::Display {
        if self.first == self.last { self.first.to_string() } else { format!("{}{sign}{}", self.first, self.last) }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.with(':'))
    }
}

fn port(text: &str, names: &Names) -> Result<u16, Invalid> {
    text.parse().ok().or_else(|| names.service(text)).ok_or_else(|| {
        if text.contains('-') && text.chars().all(|c| c.is_ascii_digit() || c == '-') {
            return Invalid::new(
                format!("{text:?} is no port"),
                format!("write a range as {}", text.replace('-', ":")),
            );
        }
        Invalid::new(format!("{text:?} is no port"), "write a number from 0 to 65535, or a name of /etc/services")
    })
}

//! Ports, protocols, interfaces and rates as users write them.

use std::fmt;

/// A port, or a range of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ports {
    pub first: u16,
    pub last: u16,
}

impl Ports {
    /// Reads `80` or `8000-8100`; also `8000:8100`, as iptables writes it.
    ///
    /// # Errors
    /// It is none: the text says why.
    pub fn read(text: &str) -> Result<Ports, String> {
        let port = |part: &str| {
            part.trim().parse::<u16>().map_err(|_| {
                format!("{text:?} is no port: write a number from 0 to 65535, or a range such as 8000-8100")
            })
        };
        let ports = match text.split_once(['-', ':']) {
            Some((first, last)) => Ports { first: port(first)?, last: port(last)? },
            None => Ports { first: port(text)?, last: port(text)? },
        };
        if ports.first > ports.last {
            return Err(format!("{text:?} is no range of ports: it ends before it begins"));
        }
        Ok(ports)
    }

    pub fn covers(self, inner: Ports) -> bool {
        self.first <= inner.first && inner.last <= self.last
    }
}

/// As iptables writes it.
impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last { write!(f, "{}", self.first) } else { write!(f, "{}:{}", self.first, self.last) }
    }
}

/// A protocol above IP. `Icmp` is that of the rule's family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    Tcp,
    Udp,
    Sctp,
    Icmp,
    Other(u8),
}

/// Names from IANA's list that have no ports and that hosts use.
const NAMES: &[(&str, u8)] =
    &[("igmp", 2), ("ipip", 4), ("ipv6", 41), ("gre", 47), ("esp", 50), ("ah", 51), ("ospf", 89), ("vrrp", 112)];

impl Protocol {
    /// Reads a name or a number.
    ///
    /// # Errors
    /// It is neither.
    pub fn read(text: &str) -> Result<Protocol, String> {
        let lower = text.trim().to_ascii_lowercase();
        Ok(match lower.as_str() {
            "tcp" | "6" => Protocol::Tcp,
            "udp" | "17" => Protocol::Udp,
            "sctp" | "132" => Protocol::Sctp,
            "icmp" | "icmpv6" | "ipv6-icmp" | "1" | "58" => Protocol::Icmp,
            name => {
                let named = NAMES.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
                match named.or_else(|| name.parse().ok().filter(|number| *number > 0)) {
                    Some(number) => Protocol::Other(number),
                    None => {
                        let known: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
                        return Err(format!(
                            "{text:?} is no protocol: write tcp, udp, sctp, icmp, {}, or a number from 1 to 255; for any protocol leave it out",
                            known.join(", ")
                        ));
                    }
                }
            }
        })
    }

    pub fn has_ports(self) -> bool {
        match self {
            Protocol::Tcp | Protocol::Udp | Protocol::Sctp => true,
            Protocol::Icmp | Protocol::Other(_) => false,
        }
    }
}

/// An interface's name; with a `+` at its end, all that begin so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interface(pub String);

impl Interface {
    /// Reads one.
    ///
    /// # Errors
    /// The kernel has no such names.
    pub fn read(text: &str) -> Result<Interface, String> {
        let named = text.strip_suffix('+').unwrap_or(text);
        let fits = text.len() <= 15 && !named.contains('+');
        if text.is_empty() || !fits || text.chars().any(|c| c.is_whitespace() || c == '/' || c == '!') {
            return Err(format!(
                "{text:?} is no interface: a name has 1 to 15 characters, no space and no slash; a + may stand at its end"
            ));
        }
        Ok(Interface(text.to_owned()))
    }

    /// Whether it means all that `inner` means.
    pub fn covers(&self, inner: &Interface) -> bool {
        match self.0.strip_suffix('+') {
            Some(beginning) => inner.0.starts_with(beginning),
            None => self == inner,
        }
    }

    /// Whether `name` is one that it means.
    pub fn means(&self, name: &str) -> bool {
        match self.0.strip_suffix('+') {
            Some(beginning) => name.starts_with(beginning),
            None => self.0 == name,
        }
    }
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
}

impl Rate {
    /// Reads `10/minute`.
    ///
    /// # Errors
    /// It is no rate.
    pub fn read(text: &str) -> Result<Rate, String> {
        let wrong = || {
            format!(
                "{text:?} is no rate: write a number and a unit, such as 10/minute; units are second, minute, hour, day"
            )
        };
        let (count, unit) = text.split_once('/').ok_or_else(wrong)?;
        let count: u32 = count.trim().parse().map_err(|_| wrong())?;
        let unit = unit.trim();
        let units = [("second", Unit::Second), ("minute", Unit::Minute), ("hour", Unit::Hour), ("day", Unit::Day)];
        let found = units.into_iter().find(|(name, _)| !unit.is_empty() && name.starts_with(unit));
        let (_, unit) = found.ok_or_else(wrong)?;
        // The kernel counts in ten thousandths of a second.
        if count == 0 || count > 10_000 {
            return Err(format!("{text:?} is no rate that the kernel has: the number is from 1 to 10000"));
        }
        Ok(Rate { count, unit }.reduced())
    }

    /// In the longest unit that iptables would print: 60/minute is 1/second.
    fn reduced(self) -> Rate {
        let (size, shorter) = match self.unit {
            Unit::Second => return self,
            Unit::Minute => (60, Unit::Second),
            Unit::Hour => (60, Unit::Minute),
            Unit::Day => (24, Unit::Hour),
        };
        if self.count.is_multiple_of(size) { Rate { count: self.count / size, unit: shorter }.reduced() } else { self }
    }
}

/// As iptables writes it.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Second => "sec",
            Unit::Minute => "min",
            Unit::Hour => "hour",
            Unit::Day => "day",
        };
        write!(f, "{}/{unit}", self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports() {
        assert_eq!(Ports::read("80").unwrap().to_string(), "80");
        assert_eq!(Ports::read("8000-8100").unwrap().to_string(), "8000:8100");
        assert_eq!(Ports::read("8000:8100").unwrap(), Ports { first: 8000, last: 8100 });
        for wrong in ["http", "65536", "-1", "90-80", ""] {
            Ports::read(wrong).unwrap_err();
        }
    }

    #[test]
    fn protocols() {
        assert_eq!(Protocol::read("TCP").unwrap(), Protocol::Tcp);
        assert_eq!(Protocol::read("esp").unwrap(), Protocol::Other(50));
        assert_eq!(Protocol::read("103").unwrap(), Protocol::Other(103));
        for wrong in ["all", "0", "256", "http"] {
            Protocol::read(wrong).unwrap_err();
        }
    }

    #[test]
    fn interfaces() {
        assert!(Interface::read("eth+").unwrap().covers(&Interface::read("eth0").unwrap()));
        for wrong in ["", "a b", "a/b", "e+h0", "interface-is-too-long", "!eth0"] {
            Interface::read(wrong).unwrap_err();
        }
    }

    #[test]
    fn rates() {
        assert_eq!(Rate::read("10/minute").unwrap().to_string(), "10/min");
        assert_eq!(Rate::read("60/m").unwrap().to_string(), "1/sec");
        assert_eq!(Rate::read("24/day").unwrap().to_string(), "1/hour");
        for wrong in ["10", "0/second", "x/second", "10/year", "10/", "20000/second"] {
            Rate::read(wrong).unwrap_err();
        }
    }
}

//! `tcp`, `udp`, `icmp`, `icmp6`: what the header behind IP's says.

use std::collections::BTreeSet;

use super::Listed;
use crate::extension::{Extension, Given, Syntax, needs};
use crate::value::number;
use crate::word::Line;
use crate::{IcmpType, Invalid, PortRange, Test};

const SOURCE: &[&str] = &["--sport", "--source-port"];
const DESTINATION: &[&str] = &["--dport", "--destination-port"];

/// A flag of TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Flag {
    Fin,
    Syn,
    Rst,
    Psh,
    Ack,
    Urg,
}

impl Listed for Flag {
    const ALL: &'static [(&'static str, Flag)] = &[
        ("FIN", Flag::Fin),
        ("SYN", Flag::Syn),
        ("RST", Flag::Rst),
        ("PSH", Flag::Psh),
        ("ACK", Flag::Ack),
        ("URG", Flag::Urg),
    ];
    const WHAT: &'static str = "TCP flag";
}

/// `--tcp-flags`: of these flags, those are set and the others not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TcpFlags {
    /// The flags that are looked at.
    pub of: BTreeSet<Flag>,
    /// Those of them that are set.
    pub set: BTreeSet<Flag>,
}

impl TcpFlags {
    /// `--syn`: the first packet of a connection.
    pub fn syn() -> TcpFlags {
        TcpFlags { of: [Flag::Fin, Flag::Syn, Flag::Rst, Flag::Ack].into(), set: [Flag::Syn].into() }
    }
}

fn flags(text: &str) -> Result<BTreeSet<Flag>, Invalid> {
    match text.to_ascii_uppercase().as_str() {
        "NONE" | "" => Ok(BTreeSet::new()),
        "ALL" => Ok(Flag::ALL.iter().map(|(_, flag)| *flag).collect()),
        _ => Flag::list(text),
    }
}

fn shown(flags: &BTreeSet<Flag>) -> String {
    if flags.is_empty() { "NONE".to_owned() } else { Flag::join(flags) }
}

/// `-m tcp`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tcp {
    /// `--sport`
    pub source: Option<Test<PortRange>>,
    /// `--dport`
    pub destination: Option<Test<PortRange>>,
    /// `--tcp-option`
    pub option: Option<Test<u8>>,
    /// `--tcp-flags`
    pub flags: Option<Test<TcpFlags>>,
}

impl Extension for Tcp {
    const SYNTAX: Syntax = Syntax {
        name: "tcp",
        options: &[(SOURCE, 1), (DESTINATION, 1), (&["--tcp-option"], 1), (&["--tcp-flags"], 2), (&["--syn"], 0)],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<Tcp>, Invalid> {
        let names = given.names;
        let syn = given.take("--syn").map(|syn| Test { not: syn.not, value: TcpFlags::syn() });
        let flags = match given.take("--tcp-flags") {
            Some(option) => match option.values.as_slice() {
                [of, set] => Some(Test { not: option.not, value: TcpFlags { of: flags(of)?, set: flags(set)? } }),
                _ => None,
            },
            None => None,
        };
        if syn.is_some() && flags.is_some() {
            return Err(Invalid::new("`--syn` and `--tcp-flags` both name flags", "write them as one `--tcp-flags`"));
        }
        Ok(Some(Tcp {
            source: given.test("--sport", |text| PortRange::parse(text, names))?,
            destination: given.test("--dport", |text| PortRange::parse(text, names))?,
            option: given.test("--tcp-option", number)?,
            flags: syn.or(flags),
        }))
    }

    fn write(&self, line: &mut Line) {
        ports(line, &self.source, &self.destination);
        if let Some(Test { not, value }) = &self.option {
            line.option(*not, "--tcp-option", value);
        }
        if let Some(Test { not, value }) = &self.flags {
            line.option(*not, "--tcp-flags", shown(&value.of));
            line.word(shown(&value.set));
        }
    }
}

fn ports(line: &mut Line, source: &Option<Test<PortRange>>, destination: &Option<Test<PortRange>>) {
    for (name, test) in [("--sport", source), ("--dport", destination)] {
        if let Some(Test { not, value }) = test {
            line.option(*not, name, value);
        }
    }
}

/// `-m udp`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Udp {
    /// `--sport`
    pub source: Option<Test<PortRange>>,
    /// `--dport`
    pub destination: Option<Test<PortRange>>,
}

impl Extension for Udp {
    const SYNTAX: Syntax = Syntax { name: "udp", options: &[(SOURCE, 1), (DESTINATION, 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Udp>, Invalid> {
        let names = given.names;
        Ok(Some(Udp {
            source: given.test("--sport", |text| PortRange::parse(text, names))?,
            destination: given.test("--dport", |text| PortRange::parse(text, names))?,
        }))
    }

    fn write(&self, line: &mut Line) {
        ports(line, &self.source, &self.destination);
    }
}

/// `-m icmp`, of IPv4.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Icmp {
    /// `--icmp-type`
    pub kind: Test<IcmpType>,
}

impl Extension for Icmp {
    const SYNTAX: Syntax = Syntax { name: "icmp", options: &[(&["--icmp-type"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Icmp>, Invalid> {
        let kind = given.test("--icmp-type", |text| IcmpType::parse(text, crate::Family::V4))?;
        Ok(Some(Icmp { kind: kind.ok_or_else(|| needs("icmp", "`--icmp-type`"))? }))
    }

    fn write(&self, line: &mut Line) {
        line.option(self.kind.not, "--icmp-type", self.kind.value);
    }
}

/// `-m icmp6`, of IPv6.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Icmp6 {
    /// `--icmpv6-type`
    pub kind: Test<IcmpType>,
}

impl Extension for Icmp6 {
    const SYNTAX: Syntax = Syntax { name: "icmp6", options: &[(&["--icmpv6-type"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Icmp6>, Invalid> {
        let kind = given.test("--icmpv6-type", |text| IcmpType::parse(text, crate::Family::V6))?;
        Ok(Some(Icmp6 { kind: kind.ok_or_else(|| needs("icmp6", "`--icmpv6-type`"))? }))
    }

    fn write(&self, line: &mut Line) {
        line.option(self.kind.not, "--icmpv6-type", self.kind.value);
    }
}

//! Types of ICMP messages.

use std::fmt;

use crate::{Family, Invalid};

/// A type of ICMP message, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IcmpType {
    /// Any.
    Any,
    /// One, with or without its code.
    One {
        /// The type's number (IANA).
        kind: u8,
        /// The code within the type.
        code: Option<u8>,
    },
}

impl IcmpType {
    /// Reads a number, `type/code`, or a name, which may be cut short as long as it stays clear.
    ///
    /// # Errors
    /// It is none of these.
    pub fn parse(text: &str, family: Family) -> Result<IcmpType, Invalid> {
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            let (kind, code) = match text.split_once('/') {
                Some((kind, code)) => (kind, Some(code)),
                None => (text, None),
            };
            let number = |text: &str| text.parse().map_err(|_| unknown(text, family));
            return Ok(IcmpType::One { kind: number(kind)?, code: code.map(number).transpose()? });
        }
        let lower = text.to_ascii_lowercase();
        if family == Family::V4 && lower == "any" {
            return Ok(IcmpType::Any);
        }
        let table = match family {
            Family::V4 => V4,
            Family::V6 => V6,
        };
        let exact = table.iter().find(|(name, _, _)| name.eq_ignore_ascii_case(&lower));
        let mut begin = table.iter().filter(|(name, _, _)| name.to_ascii_lowercase().starts_with(&lower));
        match (exact, begin.next(), begin.next()) {
            (Some(&(_, kind, code)), _, _) | (None, Some(&(_, kind, code)), None) => Ok(IcmpType::One { kind, code }),
            (None, Some((one, _, _)), Some((other, _, _))) => Err(Invalid::new(
                format!("the ICMP type {text:?} may be {one} or {other}"),
                "write the name in full, or its number",
            )),
            (None, _, _) => Err(unknown(text, family)),
        }
    }

    /// Whether a message of this type and code is meant.
    pub fn contains(&self, kind: u8, code: u8) -> bool {
        match *self {
            IcmpType::Any => true,
            IcmpType::One { kind: wanted, code: wanted_code } => {
                wanted == kind && wanted_code.is_none_or(|wanted| wanted == code)
            }
        }
    }
}

impl fmt::Display for IcmpType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IcmpType::Any => f.write_str("any"),
            IcmpType::One { kind, code: None } => write!(f, "{kind}"),
            IcmpType::One { kind, code: Some(code) } => write!(f, "{kind}/{code}"),
        }
    }
}

fn unknown(text: &str, family: Family) -> Invalid {
    let program = family.program();
    let protocol = match family {
        Family::V4 => "icmp",
        Family::V6 => "icmpv6",
    };
    Invalid::new(
        format!("{text:?} is no ICMP type of {family}"),
        format!("write a number, type/code, or a name that `{program} -p {protocol} -h` lists"),
    )
}

type Named = (&'static str, u8, Option<u8>);

/// RFC 792 and IANA's registry, by the names of iptables-extensions(8).
const V4: &[Named] = &[
    ("echo-reply", 0, None),
    ("pong", 0, None),
    ("destination-unreachable", 3, None),
    ("network-unreachable", 3, Some(0)),
    ("host-unreachable", 3, Some(1)),
    ("protocol-unreachable", 3, Some(2)),
    ("port-unreachable", 3, Some(3)),
    ("fragmentation-needed", 3, Some(4)),
    ("source-route-failed", 3, Some(5)),
    ("network-unknown", 3, Some(6)),
    ("host-unknown", 3, Some(7)),
    ("network-prohibited", 3, Some(9)),
    ("host-prohibited", 3, Some(10)),
    ("TOS-network-unreachable", 3, Some(11)),
    ("TOS-host-unreachable", 3, Some(12)),
    ("communication-prohibited", 3, Some(13)),
    ("host-precedence-violation", 3, Some(14)),
    ("precedence-cutoff", 3, Some(15)),
    ("source-quench", 4, None),
    ("redirect", 5, None),
    ("network-redirect", 5, Some(0)),
    ("host-redirect", 5, Some(1)),
    ("TOS-network-redirect", 5, Some(2)),
    ("TOS-host-redirect", 5, Some(3)),
    ("echo-request", 8, None),
    ("ping", 8, None),
    ("router-advertisement", 9, None),
    ("router-solicitation", 10, None),
    ("time-exceeded", 11, None),
    ("ttl-exceeded", 11, None),
    ("ttl-zero-during-transit", 11, Some(0)),
    ("ttl-zero-during-reassembly", 11, Some(1)),
    ("parameter-problem", 12, None),
    ("ip-header-bad", 12, Some(0)),
    ("required-option-missing", 12, Some(1)),
    ("timestamp-request", 13, None),
    ("timestamp-reply", 14, None),
    ("address-mask-request", 17, None),
    ("address-mask-reply", 18, None),
];

/// RFC 4443 and RFC 4861, by the names of ip6tables-extensions(8).
const V6: &[Named] = &[
    ("destination-unreachable", 1, None),
    ("no-route", 1, Some(0)),
    ("communication-prohibited", 1, Some(1)),
    ("beyond-scope", 1, Some(2)),
    ("address-unreachable", 1, Some(3)),
    ("port-unreachable", 1, Some(4)),
    ("failed-policy", 1, Some(5)),
    ("reject-route", 1, Some(6)),
    ("packet-too-big", 2, None),
    ("time-exceeded", 3, None),
    ("ttl-exceeded", 3, None),
    ("ttl-zero-during-transit", 3, Some(0)),
    ("ttl-zero-during-reassembly", 3, Some(1)),
    ("parameter-problem", 4, None),
    ("bad-header", 4, Some(0)),
    ("unknown-header-type", 4, Some(1)),
    ("unknown-option", 4, Some(2)),
    ("echo-request", 128, None),
    ("ping", 128, None),
    ("echo-reply", 129, None),
    ("pong", 129, None),
    ("router-solicitation", 133, None),
    ("router-advertisement", 134, None),
    ("neighbour-solicitation", 135, None),
    ("neighbor-solicitation", 135, None),
    ("neighbour-advertisement", 136, None),
    ("neighbor-advertisement", 136, None),
    ("redirect", 137, None),
];

//! The protocols that IP carries.

use std::fmt;

use crate::{Invalid, Names};

/// A protocol by its number (IANA).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocol(pub u8);

impl Protocol {
    /// ICMP, of IPv4.
    pub const ICMP: Protocol = Protocol(1);
    /// TCP.
    pub const TCP: Protocol = Protocol(6);
    /// UDP.
    pub const UDP: Protocol = Protocol(17);
    /// IPsec's encrypted payload: encrypted overlay networks.
    pub const ESP: Protocol = Protocol(50);
    /// ICMPv6.
    pub const ICMPV6: Protocol = Protocol(58);
    /// SCTP.
    pub const SCTP: Protocol = Protocol(132);
    /// UDP-Lite.
    pub const UDPLITE: Protocol = Protocol(136);
    /// DCCP.
    pub const DCCP: Protocol = Protocol(33);

    /// Reads a number or a name. `None`: any protocol (`all`, 0).
    ///
    /// # Errors
    /// Nobody knows the name.
    pub fn parse(text: &str, names: &Names) -> Result<Option<Protocol>, Invalid> {
        let lower = text.to_ascii_lowercase();
        let known = || NAMES.iter().find(|(name, _)| *name == lower).map(|(_, number)| *number);
        let number = text.parse().ok().or_else(known).or_else(|| names.protocol(&lower)).ok_or_else(|| {
            Invalid::new(
                format!("{text:?} is no protocol"),
                "write tcp, udp, icmp, another name of /etc/protocols, or a number from 0 to 255",
            )
        })?;
        Ok((number != 0).then_some(Protocol(number)))
    }

    /// Whether it has ports, as `--dports` asks for.
    pub fn has_ports(self) -> bool {
        [Protocol::TCP, Protocol::UDP, Protocol::UDPLITE, Protocol::SCTP, Protocol::DCCP].contains(&self)
    }
}

/// As iptables prints it: by name, where it has one.
impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(_, number)| *number == self.0) {
            Some((name, _)) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

/// The names that every version prints without looking into /etc/protocols; the first of a number is the printed one.
/// Source: iptables 1.8, `xtables_chain_protos`, and Debian's /etc/protocols for the rest.
const NAMES: [(&str, u8); 27] = [
    ("all", 0),
    ("tcp", 6),
    ("sctp", 132),
    ("udp", 17),
    ("udplite", 136),
    ("icmp", 1),
    ("ipv6-icmp", 58),
    ("icmpv6", 58),
    ("icmp6", 58),
    ("esp", 50),
    ("ah", 51),
    ("mobility-header", 135),
    ("ipv6-mh", 135),
    ("mh", 135),
    ("igmp", 2),
    ("ipencap", 4),
    ("ipip", 94),
    ("dccp", 33),
    ("ipv6", 41),
    ("gre", 47),
    ("rsvp", 46),
    ("eigrp", 88),
    ("ospf", 89),
    ("pim", 103),
    ("ipcomp", 108),
    ("vrrp", 112),
    ("l2tp", 115),
];

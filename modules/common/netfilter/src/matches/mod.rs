//! What a packet is tested for: one type for each match of iptables-extensions(8) that hosts use, text for the rest.

mod address;
mod conntrack;
mod hashlimit;
mod hops;
mod limit;
mod mark;
mod meta;
mod owner;
mod policy;
mod ports;
mod protocol;
mod recent;
mod set;
mod statistic;
mod u32_;

pub use address::{AddrType, AddrTypes, IpRange, Mac};
pub use conntrack::{Conntrack, CtDirection, CtState, CtStatus, State};
pub use hashlimit::{HashLimit, HashMode};
pub use hops::{Bound, HopLimit, Ttl};
pub use limit::{ConnLimit, Limit};
pub use mark::{Connmark, Mark};
pub use meta::{Comment, Length, PacketKind, PktType};
pub use owner::Owner;
pub use policy::{IpsecElement, IpsecPolicy};
pub use ports::{MultiPort, Side};
pub use protocol::{Icmp, Icmp6, Tcp, TcpFlags, Udp};
pub use recent::{Recent, RecentAction};
pub use set::{Direction, Set};
pub use statistic::{Nth, Random, Statistic};
pub use u32_::U32;

use crate::extension::{Extension, Given, Syntax};
use crate::word::Line;
use crate::{Invalid, Opaque};

/// Declares [`Match`] and the table of what is read into which variant.
macro_rules! matches {
    ($($(#[$doc:meta])* $variant:ident($type:ty),)*) => {
        /// One match of a rule, after `-m`.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Match {
            $($(#[$doc])* $variant($type),)*
            /// Any other, as text.
            Other(Opaque),
        }

        impl Match {
            /// The syntax of the match of this name, when it has a type.
            pub(crate) fn syntax(name: &str) -> Option<&'static Syntax> {
                $(const $variant: &Syntax = &<$type as Extension>::SYNTAX;)*
                #[allow(non_upper_case_globals)]
                [$($variant),*].into_iter().find(|syntax| syntax.name == name)
            }

            /// Reads the match of this name. `None`: it stays text.
            pub(crate) fn read(name: &str, given: &mut Given<'_>) -> Result<Option<Match>, Invalid> {
                $(if name == <$type as Extension>::SYNTAX.name {
                    return Ok(<$type>::read(given)?.map(Match::$variant));
                })*
                Ok(None)
            }

            /// Its name, as after `-m`.
            pub fn name(&self) -> &str {
                match self {
                    $(Match::$variant(_) => <$type as Extension>::SYNTAX.name,)*
                    Match::Other(opaque) => &opaque.name,
                }
            }

            pub(crate) fn write(&self, line: &mut Line) {
                line.word("-m");
                line.word(self.name());
                match self {
                    $(Match::$variant(found) => found.write(line),)*
                    Match::Other(opaque) => opaque.write(line),
                }
            }
        }
    };
}

#[allow(non_upper_case_globals)]
mod declared {
    use super::*;

    matches! {
        /// Kinds of addresses.
        AddrType(AddrTypes),
        /// A remark.
        Comment(Comment),
        /// How many connections a host has.
        ConnLimit(ConnLimit),
        /// The mark of the connection.
        Connmark(Connmark),
        /// What the connection tracking knows.
        Conntrack(Conntrack),
        /// A rate for each host, port or network.
        HashLimit(HashLimit),
        /// The hop limit of IPv6.
        HopLimit(HopLimit),
        /// The type of an ICMP message.
        Icmp(Icmp),
        /// The type of an ICMPv6 message.
        Icmp6(Icmp6),
        /// Ranges of addresses.
        IpRange(IpRange),
        /// The packet's length.
        Length(Length),
        /// A rate.
        Limit(Limit),
        /// The sender's hardware address.
        Mac(Mac),
        /// The packet's mark.
        Mark(Mark),
        /// Many ports.
        MultiPort(MultiPort),
        /// Every so many packets, or some of them by chance.
        Statistic(Statistic),
        /// Who sends it, on this host.
        Owner(Owner),
        /// Unicast, broadcast or multicast.
        PktType(PktType),
        /// IPsec.
        Policy(IpsecPolicy),
        /// Hosts seen recently.
        Recent(Recent),
        /// A set of ipset(8).
        Set(Set),
        /// The connection's state, by the older name.
        State(State),
        /// TCP's ports and flags.
        Tcp(Tcp),
        /// The time to live of IPv4.
        Ttl(Ttl),
        /// Any bits of the packet.
        U32(U32),
        /// UDP's ports.
        Udp(Udp),
    }
}

pub use declared::Match;

/// Values of an enum that are written as a list, in the order in which iptables prints them.
pub(crate) trait Listed: Copy + Ord + Sized + 'static {
    /// Each with its name.
    const ALL: &'static [(&'static str, Self)];
    /// What they are, for messages.
    const WHAT: &'static str;

    /// Reads `A,B`, in capitals or not.
    fn list(text: &str) -> Result<std::collections::BTreeSet<Self>, Invalid> {
        text.split(',').map(Self::one).collect()
    }

    fn one(text: &str) -> Result<Self, Invalid> {
        let found = Self::ALL.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        found.map(|(_, value)| *value).ok_or_else(|| {
            let all: Vec<&str> = Self::ALL.iter().map(|(name, _)| *name).collect();
            Invalid::new(format!("{text:?} is no {}", Self::WHAT), format!("write one of {}", all.join(", ")))
        })
    }

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, value)| *value == self).map_or("", |(name, _)| name)
    }

    fn join<'a>(values: impl IntoIterator<Item = &'a Self>) -> String {
        values.into_iter().map(|value| value.name()).collect::<Vec<_>>().join(",")
    }
}

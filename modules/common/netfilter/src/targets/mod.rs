//! What happens to a packet: verdicts, chains, and one type for each target that hosts use, text for the rest.

mod log;
mod mark;
mod nat;
mod packet;
mod reject;

pub use log::{Log, Nflog};
pub use mark::{ConnmarkAction, ConnmarkSet, MarkSet};
pub use nat::{Dnat, Masquerade, NatRange, Redirect, Snat};
pub use packet::{Dscp, TcpMss, Tee};
pub use reject::{Reject, RejectWith};

use crate::extension::{Extension, Given, Syntax};
use crate::word::Line;
use crate::{Invalid, Opaque};

/// Declares [`Target`] and the table of what is read into which variant.
macro_rules! targets {
    ($($(#[$doc:meta])* $variant:ident($type:ty),)*) => {
        /// What a rule does with a packet.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Target {
            /// Let it pass.
            Accept,
            /// Throw it away.
            Drop,
            /// Back to the chain that led here; at the end of a built-in one, its policy.
            Return,
            /// Hand it to a program.
            Queue,
            /// `-j` to a chain, from which it comes back.
            Jump(String),
            /// `-g` to a chain, from which it comes back to where this chain was called.
            Goto(String),
            $($(#[$doc])* $variant($type),)*
            /// Any other, as text.
            Other(Opaque),
        }

        impl Target {
            /// The syntax of the target of this name, when it has a type.
            pub(crate) fn syntax(name: &str) -> Option<&'static Syntax> {
                $(const $variant: &Syntax = &<$type as Extension>::SYNTAX;)*
                #[allow(non_upper_case_globals)]
                [$($variant),*].into_iter().find(|syntax| syntax.name == name)
            }

            /// Reads the target of this name. `None`: it stays text.
            pub(crate) fn read(name: &str, given: &mut Given<'_>) -> Result<Option<Target>, Invalid> {
                $(if name == <$type as Extension>::SYNTAX.name {
                    return Ok(<$type>::read(given)?.map(Target::$variant));
                })*
                Ok(None)
            }

            /// What stands after `-j`, or after `-g`.
            pub fn name(&self) -> &str {
                match self {
                    Target::Accept => "ACCEPT",
                    Target::Drop => "DROP",
                    Target::Return => "RETURN",
                    Target::Queue => "QUEUE",
                    Target::Jump(chain) | Target::Goto(chain) => chain,
                    $(Target::$variant(_) => <$type as Extension>::SYNTAX.name,)*
                    Target::Other(opaque) => &opaque.name,
                }
            }

            pub(crate) fn write(&self, line: &mut Line) {
                line.word(if matches!(self, Target::Goto(_)) { "-g" } else { "-j" });
                line.word(self.name());
                match self {
                    Target::Accept | Target::Drop | Target::Return | Target::Queue => {}
                    Target::Jump(_) | Target::Goto(_) => {}
                    $(Target::$variant(found) => found.write(line),)*
                    Target::Other(opaque) => opaque.write(line),
                }
            }
        }
    };
}

#[allow(non_upper_case_globals)]
mod declared {
    use super::*;

    targets! {
        /// Changes the connection's mark.
        Connmark(ConnmarkSet),
        /// Rewrites the destination.
        Dnat(Dnat),
        /// Sets the class of service.
        Dscp(Dscp),
        /// Writes into the kernel's log.
        Log(Log),
        /// Changes the packet's mark.
        Mark(MarkSet),
        /// Rewrites the source to the interface's address.
        Masquerade(Masquerade),
        /// Hands it to a program that logs.
        Nflog(Nflog),
        /// Rewrites the destination to this host.
        Redirect(Redirect),
        /// Throws it away and says so.
        Reject(Reject),
        /// Rewrites the source.
        Snat(Snat),
        /// Limits the size of TCP's segments.
        TcpMss(TcpMss),
        /// Sends a copy elsewhere.
        Tee(Tee),
    }
}

pub use declared::Target;

/// Targets without a type here that take no option, or may: never names of chains.
const OTHERS: &[&str] = &[
    "AUDIT",
    "CHECKSUM",
    "CLASSIFY",
    "CLUSTERIP",
    "CONNSECMARK",
    "CT",
    "DNPT",
    "ECN",
    "HL",
    "HMARK",
    "IDLETIMER",
    "LED",
    "NETMAP",
    "NFQUEUE",
    "NOTRACK",
    "RATEEST",
    "SECMARK",
    "SET",
    "SNPT",
    "SYNPROXY",
    "TCPOPTSTRIP",
    "TOS",
    "TPROXY",
    "TRACE",
    "TTL",
    "ULOG",
];

impl Target {
    /// What `-j NAME` without options is, when it is not a type's.
    pub(crate) fn plain(name: &str) -> Target {
        match name {
            "ACCEPT" => Target::Accept,
            "DROP" => Target::Drop,
            "RETURN" => Target::Return,
            "QUEUE" => Target::Queue,
            name if OTHERS.contains(&name) => Target::Other(Opaque { name: name.to_owned(), words: Vec::new() }),
            name => Target::Jump(name.to_owned()),
        }
    }

    /// The chain that it leads to.
    pub fn chain(&self) -> Option<&str> {
        match self {
            Target::Jump(chain) | Target::Goto(chain) => Some(chain),
            _ => None,
        }
    }
}

//! The values in rules: addresses, ports, protocols, numbers, names.

mod address;
mod icmp;
mod names;
mod number;
mod port;
mod protocol;
mod rate;
mod test;

pub(crate) use address::single;
pub use address::{AddressRange, Net};
pub use icmp::IcmpType;
pub use names::Names;
pub use number::{Masked, Span};
pub(crate) use number::{decimal, number};
pub use port::PortRange;
pub use protocol::Protocol;
pub use rate::Rate;
pub use test::Test;

//! Addresses and subnets as somebody wrote them, equal when they mean the same: `fd00:0::/64` is `fd00::/64`.
//!
//! Engines keep a network's addresses as they were written, and so do their answers.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Serialize, Serializer};

/// A value and how it was written.
#[derive(Debug, Clone)]
pub struct Written<T> {
    value: T,
    text: String,
}

impl Written<IpNet> {
    /// A subnet in CIDR notation. Host bits are dropped, as engines before 25 do; newer ones refuse them.
    pub fn subnet(text: &str) -> Option<Self> {
        let net: IpNet = text.parse().ok()?;
        let value = net.trunc();
        Some(Written { value, text: if value == net { text.to_owned() } else { value.to_string() } })
    }

    /// Whether a subnet that the engine made is the one that was asked for. The unspecified address with a prefix length
    /// asks the engine (29 and newer) for any subnet of that size. Source: moby pull request 50114.
    pub fn meets(&self, wanted: &Self) -> bool {
        let (net, asked) = (self.value, wanted.value);
        let same_size = net.prefix_len() == asked.prefix_len() && net.addr().is_ipv4() == asked.addr().is_ipv4();
        self == wanted || (asked.addr().is_unspecified() && same_size)
    }
}

impl Written<IpAddr> {
    /// An address, without a prefix length.
    pub fn address(text: &str) -> Option<Self> {
        Some(Written { value: text.parse().ok()?, text: text.to_owned() })
    }
}

impl<T: PartialEq> PartialEq for Written<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Written<T> {}

impl<T> fmt::Display for Written<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<T> Serialize for Written<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

//! Addresses with masks, and ranges of addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{Family, Invalid};

/// A network: an address and its mask, which need not be a prefix (iptables takes any).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Net {
    address: IpAddr,
    mask: IpAddr,
}

impl Net {
    /// One address.
    pub fn host(address: IpAddr) -> Net {
        Net { address, mask: all_ones(family_of(address)) }
    }

    /// The network of an address and a prefix length; bits behind it are dropped. `None`: longer than an address.
    pub fn new(address: IpAddr, prefix: u8) -> Option<Net> {
        let family = family_of(address);
        if prefix > family.bits() {
            return None;
        }
        let mask =
            from_bits(family, u128::MAX.checked_shl(u32::from(128 - prefix)).unwrap_or(0) >> (128 - family.bits()));
        Some(Net::masked(address, mask))
    }

    fn masked(address: IpAddr, mask: IpAddr) -> Net {
        let family = family_of(address);
        Net { address: from_bits(family, to_bits(address) & to_bits(mask)), mask }
    }

    /// Reads what iptables takes: an address, an address and a prefix length, an address and a mask.
    ///
    /// # Errors
    /// It is no address, one of the other family, or its mask is none.
    pub fn parse(text: &str, family: Family) -> Result<Net, Invalid> {
        let (address, mask) = match text.split_once('/') {
            Some((address, mask)) => (address, Some(mask)),
            None => (text, None),
        };
        let found = address_of(address, family)?;
        let Some(mask) = mask else { return Ok(Net::host(found)) };
        if let Ok(prefix) = mask.parse::<u8>() {
            return Net::new(found, prefix).ok_or_else(|| {
                Invalid::new(
                    format!("{text}: a prefix of {family} has at most {} bits", family.bits()),
                    format!("write {address}/{}", family.bits()),
                )
            });
        }
        match mask.parse::<IpAddr>() {
            Ok(mask) if family_of(mask) == family => Ok(Net::masked(found, mask)),
            _ => Err(Invalid::new(
                format!("{text}: {mask:?} is no mask"),
                format!("write the number of its bits, 0 to {}", family.bits()),
            )),
        }
    }

    /// The network's first address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Its mask.
    pub fn mask(&self) -> IpAddr {
        self.mask
    }

    /// The mask's length, when it is a prefix.
    pub fn prefix(&self) -> Option<u8> {
        let bits = family_of(self.mask).bits();
        let mask = to_bits(self.mask) << (128 - bits);
        let ones = mask.leading_ones();
        (mask.count_ones() == ones).then_some(ones as u8)
    }

    /// IPv4 or IPv6.
    pub fn family(&self) -> Family {
        family_of(self.address)
    }

    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        family_of(address) == self.family() && Net::masked(address, self.mask) == *self
    }

    /// Whether it is one address.
    pub fn is_host(&self) -> bool {
        self.prefix() == Some(self.family().bits())
    }

    /// Whether every address is in it.
    pub fn is_all(&self) -> bool {
        to_bits(self.mask) == 0
    }

    /// As it is written where one address needs no prefix.
    pub(crate) fn short(&self) -> impl fmt::Display {
        if self.is_host() { self.address.to_string() } else { self.to_string() }
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix() {
            Some(prefix) => write!(f, "{}/{prefix}", self.address),
            None => write!(f, "{}/{}", self.address, self.mask),
        }
    }
}

/// A range of addresses, both ends in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressRange {
    /// The first address.
    pub first: IpAddr,
    /// The last address.
    pub last: IpAddr,
}

impl AddressRange {
    /// Reads `first-last`, or one address.
    ///
    /// # Errors
    /// An end is no address, or one of the other family, or the first is the greater.
    pub fn parse(text: &str, family: Family) -> Result<AddressRange, Invalid> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let range = AddressRange { first: address_of(first, family)?, last: address_of(last, family)? };
        if range.first > range.last {
            let fix = format!("write {last}-{first}");
            return Err(Invalid::new(format!("{text}: the range ends before it begins"), fix));
        }
        Ok(range)
    }

    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        family_of(address) == family_of(self.first) && (self.first..=self.last).contains(&address)
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

pub(crate) fn family_of(address: IpAddr) -> Family {
    match address {
        IpAddr::V4(_) => Family::V4,
        IpAddr::V6(_) => Family::V6,
    }
}

/// An address that stands alone.
pub(crate) fn single(text: &str, family: Family) -> Result<IpAddr, Invalid> {
    let net = Net::parse(text, family)?;
    if net.is_host() {
        Ok(net.address())
    } else {
        Err(Invalid::new(format!("{text} is a network"), "give one address"))
    }
}

/// One address of the family. Of IPv4, trailing parts may be left out, as in `10/8`.
pub(crate) fn address_of(text: &str, family: Family) -> Result<IpAddr, Invalid> {
    let parsed = match family {
        Family::V4 => dotted(text).map(IpAddr::V4),
        Family::V6 => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
    };
    parsed.ok_or_else(|| match text.parse::<IpAddr>() {
        Ok(_) => Invalid::new(
            format!("{text} is no address of {family}"),
            format!("give an {family} address, or a rule of its own for the other family"),
        ),
        Err(_) => Invalid::new(
            format!("{text:?} is no {family} address"),
            "give an address or a network; names are not resolved here, since their addresses may change",
        ),
    })
}

fn dotted(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    for (index, part) in text.split('.').enumerate() {
        *octets.get_mut(index)? = part.parse().ok()?;
    }
    Some(octets.into())
}

fn all_ones(family: Family) -> IpAddr {
    from_bits(family, u128::MAX >> (128 - family.bits()))
}

fn to_bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn from_bits(family: Family, bits: u128) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::from_bits(bits as u32)),
        Family::V6 => IpAddr::V6(Ipv6Addr::from_bits(bits)),
    }
}

//! Addresses as users write them: one, a network, a range, or the name of a set.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv4Subnets, Ipv6Net, Ipv6Subnets};

/// One of the two families, each of which has tables of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    V4,
    V6,
}

impl Family {
    pub const BOTH: [Family; 2] = [Family::V4, Family::V6];

    /// As users know it.
    pub fn name(self) -> &'static str {
        match self {
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        }
    }

    /// As the crate that speaks to the kernel has it.
    pub fn of_netfilter(self) -> netfilter::Family {
        match self {
            Family::V4 => netfilter::Family::V4,
            Family::V6 => netfilter::Family::V6,
        }
    }

    /// That of a network.
    pub fn of(net: &IpNet) -> Family {
        match net {
            IpNet::V4(_) => Family::V4,
            IpNet::V6(_) => Family::V6,
        }
    }
}

/// What a user wrote where an address can stand.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// Networks: several for a range that is none.
    Nets(Vec<IpNet>),
    /// The name of a set.
    Named(String),
}

/// Reads one.
///
/// # Errors
/// It is none of these: the text says why, and what to write.
pub fn read(text: &str) -> Result<Place, String> {
    let text = text.trim();
    if let Some((address, prefix)) = text.split_once('/') {
        return network(text, address, prefix).map(|net| Place::Nets(vec![net]));
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(Place::Nets(vec![IpNet::from(address)]));
    }
    if let Some((first, last)) = text.split_once('-')
        && let (Ok(first), Ok(last)) = (first.trim().parse(), last.trim().parse())
    {
        return range(text, first, last).map(Place::Nets);
    }
    if is_name(text) {
        return Ok(Place::Named(text.to_owned()));
    }
    Err(format!("{text:?} is no address: write one (192.0.2.7), a network (192.0.2.0/24), a range, or a set's name"))
}

/// Letters, digits, `_`, `-` and `.`, with a letter first and not only those of a hexadecimal address.
pub fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

fn network(text: &str, address: &str, prefix: &str) -> Result<IpNet, String> {
    let address: IpAddr =
        address.parse().map_err(|_| format!("{text:?} is no network: {address:?} before the slash is no address"))?;
    if let Ok(mask) = prefix.parse::<Ipv4Addr>() {
        return IpNet::with_netmask(address, IpAddr::V4(mask)).map(|net| net.trunc()).map_err(|_| {
            format!("{text:?} is no network: {prefix} is no netmask; write a prefix, as in 192.0.2.0/24")
        });
    }
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let wrong = || format!("{text:?} is no network: after the slash there is a number from 0 to {longest}");
    let prefix: u8 = prefix.parse().map_err(|_| wrong())?;
    IpNet::new(address, prefix).map(|net| net.trunc()).map_err(|_| wrong())
}

/// The fewest networks that make up a range.
fn range(text: &str, first: IpAddr, last: IpAddr) -> Result<Vec<IpNet>, String> {
    match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => {
            Ok(Ipv4Subnets::new(first, last, 0).map(IpNet::V4).collect())
        }
        (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => {
            Ok(Ipv6Subnets::new(first, last, 0).map(IpNet::V6).collect())
        }
        (IpAddr::V4(_), IpAddr::V4(_)) | (IpAddr::V6(_), IpAddr::V6(_)) => {
            Err(format!("{text:?} is no range: it ends before it begins"))
        }
        _ => Err(format!("{text:?} is no range: one end is IPv4, the other IPv6")),
    }
}

/// Everything in a family.
pub fn everything(family: Family) -> IpNet {
    match family {
        Family::V4 => IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0)),
        Family::V6 => IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0)),
    }
}

/// What is in both. Networks lie in each other or apart, so it is the smaller of each pair.
pub fn intersection(one: &[IpNet], other: &[IpNet]) -> Vec<IpNet> {
    let smaller = |a: &IpNet| {
        let a = *a;
        other.iter().filter_map(move |b| if b.contains(&a) { Some(a) } else { a.contains(b).then_some(*b) })
    };
    IpNet::aggregate(&one.iter().flat_map(smaller).collect())
}

/// Whether all of `inner` is in `outer`. Adjacent networks of `outer` count together.
pub fn covers(outer: &[IpNet], inner: &[IpNet]) -> bool {
    let outer = IpNet::aggregate(&outer.to_vec());
    inner.iter().all(|net| outer.iter().any(|wide| wide.contains(net)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nets(text: &[&str]) -> Vec<IpNet> {
        text.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn what_users_write() {
        for (text, wanted) in [
            ("192.0.2.7", vec!["192.0.2.7/32"]),
            ("192.0.2.7/24", vec!["192.0.2.0/24"]),
            ("192.0.2.0/255.255.255.0", vec!["192.0.2.0/24"]),
            ("192.0.2.5-192.0.2.9", vec!["192.0.2.5/32", "192.0.2.6/31", "192.0.2.8/31"]),
            ("2001:db8::1", vec!["2001:db8::1/128"]),
            ("2001:db8::/32", vec!["2001:db8::/32"]),
            ("::1-::3", vec!["::1/128", "::2/127"]),
        ] {
            assert_eq!(read(text).unwrap(), Place::Nets(nets(&wanted)), "{text}");
        }
        assert_eq!(read("office-2.lan").unwrap(), Place::Named("office-2.lan".to_owned()));
    }

    #[test]
    fn what_is_no_address() {
        for (text, why) in [
            ("192.0.2.0/33", "0 to 32"),
            ("2001:db8::/129", "0 to 128"),
            ("192.0.2.0/", "0 to 32"),
            ("192.0.2.0/255.0.255.0", "no netmask"),
            ("192.0.2/24", "no address"),
            ("192.0.2.256", "no address"),
            ("192.0.2.9-192.0.2.5", "ends before it begins"),
            ("192.0.2.9-::1", "one end is IPv4"),
            ("", "no address"),
            ("a b", "no address"),
        ] {
            let refused = read(text).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }

    #[test]
    fn sets_of_networks() {
        assert_eq!(
            intersection(&nets(&["10.0.0.0/8"]), &nets(&["10.1.0.0/16", "192.0.2.0/24"])),
            nets(&["10.1.0.0/16"])
        );
        assert!(intersection(&nets(&["10.0.0.0/8"]), &nets(&["192.0.2.0/24"])).is_empty());
        assert!(covers(&nets(&["10.0.0.0/9", "10.128.0.0/9"]), &nets(&["10.0.0.0/8"])));
        assert!(!covers(&nets(&["10.0.0.0/9"]), &nets(&["10.0.0.0/8"])));
    }
}

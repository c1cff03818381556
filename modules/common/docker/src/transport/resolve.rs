//! Turns a host's name into addresses as the target itself does: by its `getent`.
//!
//! Not by the C library's `getaddrinfo`: a static binary can't load the name services that nsswitch.conf names (mdns,
//! resolve, sss), so it may know less than the target does; and it makes each binary a quarter of a megabyte larger.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::process::{Command, Stdio};

/// The addresses of a host's port, in the order in which to try them. Never empty.
///
/// # Errors
/// `NotFound` when the target knows no such name or interface; otherwise why `getent` could not be asked.
///
/// Source: getent(1), database `ahosts`; RFC 4007, section 11, for `fe80::1%eth0`.
pub(super) async fn addresses(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    if let Some((address, zone)) = host.split_once('%')
        && let Ok(address) = address.parse()
    {
        return Ok(vec![SocketAddrV6::new(address, port, 0, interface(zone)?).into()]);
    }
    let found = if let Ok(address) = host.parse() {
        vec![address]
    } else if host.eq_ignore_ascii_case("localhost") {
        // RFC 6761, section 6.3: always the machine itself.
        vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
    } else {
        let name = host.to_owned();
        tokio::task::spawn_blocking(move || asked(&name)).await.map_err(io::Error::other)??
    };
    Ok(found.into_iter().map(|address| SocketAddr::new(address, port)).collect())
}

/// The number of a network interface, given by number or name.
fn interface(zone: &str) -> io::Result<u32> {
    let known = |text: &str| text.trim().parse().ok();
    known(zone)
        .or_else(|| known(&std::fs::read_to_string(format!("/sys/class/net/{zone}/ifindex")).ok()?))
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("no network interface {zone}")))
}

fn asked(name: &str) -> io::Result<Vec<IpAddr>> {
    // It would be taken for an option, and no host's name begins so (RFC 952).
    if name.starts_with('-') {
        return Err(unknown());
    }
    let answer = Command::new("getent").args(["ahosts", name]).stdin(Stdio::null()).output().map_err(|error| {
        io::Error::new(error.kind(), format!("can't look it up with `getent` ({error}); give an address"))
    })?;
    let found = listed(&String::from_utf8_lossy(&answer.stdout));
    if found.is_empty() { Err(unknown()) } else { Ok(found) }
}

/// The addresses that `getent ahosts` lists: each once per type of socket.
fn listed(answer: &str) -> Vec<IpAddr> {
    let mut seen = BTreeSet::new();
    answer
        .lines()
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .filter(|address| seen.insert(*address))
        .collect()
}

fn unknown() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "Name or service not known")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_counts_once_in_the_order_given() {
        let answer = "fd00::2  STREAM engine\nfd00::2  DGRAM  \nfd00::2  RAW    \n10.0.0.2 STREAM \n10.0.0.2 DGRAM\n";
        let expected: Vec<IpAddr> = vec!["fd00::2".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        assert_eq!(listed(answer), expected);
        assert_eq!(listed(""), Vec::<IpAddr>::new());
    }
}

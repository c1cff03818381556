//! `published_ports` and `exposed_ports`: how ports are written.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use ansible::Sentence;
use docker_module::Text;
use serde::Deserialize;

/// Where a port is published. `None`: the default address; any free port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    pub ip: Option<String>,
    pub port: Option<String>,
}

/// `[[ADDRESS:]HOST-PORT:]PORT[/PROTOCOL]`, ranges on either side, IPv6 addresses in square brackets. By the
/// container's port: `80/tcp`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Text>")]
pub struct PublishedPorts(pub BTreeMap<String, Vec<Binding>>);

impl TryFrom<Vec<Text>> for PublishedPorts {
    type Error = Sentence;

    fn try_from(given: Vec<Text>) -> Result<Self, Sentence> {
        let mut ports: BTreeMap<String, Vec<Binding>> = BTreeMap::new();
        for Text(text) in given {
            if text == "all" {
                return fail(
                    "Specifying \"all\" in published_ports is no longer allowed. Set publish_all_ports to \"true\" instead \
                     to randomly assign port mappings for those not specified by published_ports.",
                );
            }
            for (port, binding) in published(&text)? {
                let bindings = ports.entry(port).or_default();
                // The engine would publish it twice, and fail the second time.
                if !bindings.contains(&binding) {
                    bindings.push(binding);
                }
            }
        }
        Ok(PublishedPorts(ports))
    }
}

/// `PORT[-PORT][/PROTOCOL]`, as `80/tcp`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Text>")]
pub struct ExposedPorts(pub BTreeSet<String>);

impl TryFrom<Vec<Text>> for ExposedPorts {
    type Error = Sentence;

    fn try_from(given: Vec<Text>) -> Result<Self, Sentence> {
        let mut ports = BTreeSet::new();
        for Text(text) in given {
            let (numbers, protocol) = text.trim().split_once('/').unwrap_or((text.trim(), "tcp"));
            ports.extend(range(numbers)?.map(|number| format!("{number}/{protocol}")));
        }
        Ok(ExposedPorts(ports))
    }
}

/// One entry of `published_ports`: a binding for each port of its range.
fn published(text: &str) -> Result<Vec<(String, Binding)>, Sentence> {
    let parts = split_outside_brackets(text)?;
    let (ip, host, port) = match parts.as_slice() {
        [port] => (None, "", port),
        [host, port] => (None, host.as_str(), port),
        [ip, host, port] => (Some(address(ip)?), host.as_str(), port),
        _ => {
            return fail(format!(
                "Invalid port description \"{text}\" - expected 1 to 3 colon-separated parts, but got {}. \
                 Maybe you forgot to use square brackets ([...]) around an IPv6 address?",
                parts.len()
            ));
        }
    };
    let (numbers, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
    let ports: Vec<u16> = range(numbers)?.collect();
    // A range of host ports for one port is the engine's to choose from, so it stays as it is written.
    let hosts: Vec<Option<String>> = match (host, ports.len()) {
        ("", count) => vec![None; count],
        (host, 1) => range(host).map(|_| vec![Some(host.to_owned())])?,
        (host, _) => range(host)?.map(|number| Some(number.to_string())).collect(),
    };
    if hosts.len() != ports.len() {
        return fail(format!("Port ranges don't match in length in \"{text}\""));
    }
    let binding =
        |(port, host): (u16, Option<String>)| (format!("{port}/{protocol}"), Binding { ip: ip.clone(), port: host });
    Ok(ports.into_iter().zip(hosts).map(binding).collect())
}

/// `9000` or `9000-9010`.
fn range(text: &str) -> Result<std::ops::RangeInclusive<u16>, Sentence> {
    match text.split_once('-') {
        None => match text.parse() {
            Ok(port) => Ok(port..=port),
            Err(_) => fail(format!("Invalid port: \"{text}\"")),
        },
        Some((start, end)) => match (start.parse(), end.parse()) {
            (Ok(start), Ok(end)) if start <= end => Ok(start..=end),
            _ => fail(format!("Invalid port range: \"{text}\"")),
        },
    }
}

/// An IPv4 address, or an IPv6 address in square brackets (which the engine wants without them).
fn address(text: &str) -> Result<String, Sentence> {
    let v6 = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match v6 {
        Some(v6) if v6.contains(':') => Ok(v6.to_owned()),
        None if text.parse::<Ipv4Addr>().is_ok() => Ok(text.to_owned()),
        _ => fail(format!(
            "Bind addresses for published ports must be IPv4 or IPv6 addresses, not hostnames. \
             Use the dig lookup to resolve hostnames. (Found hostname: {text})"
        )),
    }
}

/// Splits at colons, but not at those of an IPv6 address in square brackets.
fn split_outside_brackets(text: &str) -> Result<Vec<String>, Sentence> {
    let mut parts = vec![String::new()];
    let mut open = None;
    for (place, c) in text.char_indices() {
        match c {
            '[' if open.is_none() => open = Some(place),
            ']' => open = None,
            ':' if open.is_none() => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    match open {
        Some(place) => fail(format!(
            "Cannot find closing \"]\" in input \"{text}\" for opening \"[\" at index {}!",
            text[..=place].chars().count()
        )),
        None => Ok(parts),
    }
}

fn fail<T>(reason: impl Into<String>) -> Result<T, Sentence> {
    Err(Sentence(reason.into()))
}

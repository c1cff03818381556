//! A published port, in its short and its long form.

use crate::fields::Item;
use crate::load::Context;
use crate::node::{Data, Map, Node};
use crate::{Error, Place};

/// One port of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// The port that is published; 0 leaves it to the swarm.
    pub published: u16,
    /// `ingress` or `host`.
    pub mode: String,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
    /// The port that the containers listen on.
    pub target: u16,
    /// A name of the user's; empty for none.
    pub name: String,
}

impl Port {
    /// The ports of one entry of a list.
    pub(crate) fn read(item: &Item<'_>, context: &mut Context<'_>) -> Result<Vec<Port>, Error> {
        if item.node.map().is_none() {
            let (ports, ip) = short(&item.text()?).map_err(|reason| item.error(reason))?;
            if let Some(ip) = ip {
                context.warn(&item.node.place, &item.path, &ignored_address(&ip));
            }
            return Ok(ports);
        }
        let mut fields = item.fields()?;
        let target = fields.take("target").ok_or_else(|| item.error("`target` is missing: the containers' port"))?;
        let port = Port {
            published: fields.read("published", number)?.unwrap_or(0),
            mode: fields
                .read("mode", |item| item.one_of(&["ingress", "host"]))?
                .unwrap_or_else(|| "ingress".to_owned()),
            protocol: fields
                .read("protocol", |item| item.one_of(&["tcp", "udp", "sctp"]))?
                .unwrap_or_else(|| "tcp".to_owned()),
            target: number(&target)?,
            name: fields.read("name", Item::text)?.unwrap_or_default(),
        };
        if port.target == 0 {
            return Err(target.error("0 is no port"));
        }
        if let Some(ip) = fields.take("host_ip") {
            context.warn(&ip.node.place, &ip.path, &ignored_address(&ip.text()?));
        }
        fields.end(&[("app_protocol", "a swarm does not know it")])?;
        Ok(vec![port])
    }

    /// The long form, for a merge.
    pub(crate) fn node(&self, place: &Place) -> Node {
        let number = |port: u16| Node::new(Data::Integer(port.into()), place);
        let entries = [
            ("target", number(self.target)),
            ("published", number(self.published)),
            ("protocol", Node::text(&self.protocol, place)),
            ("mode", Node::text(&self.mode, place)),
        ];
        let map: Map = entries.into_iter().map(|(key, node)| (key.to_owned(), node)).collect();
        Node::new(Data::Map(map), place)
    }
}

fn ignored_address(ip: &str) -> String {
    format!("the address {ip} is ignored: a swarm publishes on all addresses")
}

fn number(item: &Item<'_>) -> Result<u16, Error> {
    u16::try_from(item.integer()?).map_err(|_| item.error("a port is a number up to 65535"))
}

/// Reads `[IP:][PUBLISHED:]TARGET[/PROTOCOL]`, where ports may be ranges; and the address, when it is a certain one.
///
/// # Errors
/// The reason: it is none of that.
pub(crate) fn short(text: &str) -> Result<(Vec<Port>, Option<String>), String> {
    let (ports, protocol) = match text.split_once('/') {
        Some((ports, protocol)) => (ports, protocol.to_ascii_lowercase()),
        None => (text, "tcp".to_owned()),
    };
    if !["tcp", "udp", "sctp"].contains(&protocol.as_str()) {
        return Err(format!("{text:?}: invalid protocol: it must be tcp, udp or sctp"));
    }
    let (front, target) = ports.rsplit_once(':').map_or((None, ports), |(front, target)| (Some(front), target));
    let (ip, published) = match front.map(|front| front.rsplit_once(':').unwrap_or(("", front))) {
        Some((ip, published)) => (ip, published),
        None => ("", ""),
    };
    let address = ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')).unwrap_or(ip);
    if !address.is_empty() && address.parse::<std::net::IpAddr>().is_err() {
        return Err(format!("{text:?}: {address:?} is no IP address"));
    }
    let (first, last) =
        range(target).ok_or_else(|| format!("{text:?}: {target:?} is no port and no range of ports"))?;
    let pairs: Vec<(u16, u16)> = if published.is_empty() {
        (first..=last).map(|target| (0, target)).collect()
    } else {
        let (from, to) =
            range(published).ok_or_else(|| format!("{text:?}: {published:?} is no port and no range of ports"))?;
        if first == last {
            (from..=to).map(|published| (published, first)).collect()
        } else if to - from == last - first {
            (from..=to).zip(first..=last).collect()
        } else {
            return Err(format!("{text:?}: the ranges are not of one length"));
        }
    };
    let port = |(published, target)| Port {
        published,
        mode: "ingress".to_owned(),
        protocol: protocol.clone(),
        target,
        name: String::new(),
    };
    let certain = address.parse::<std::net::IpAddr>().is_ok_and(|address| !address.is_unspecified());
    Ok((pairs.into_iter().map(port).collect(), certain.then(|| address.to_owned())))
}

fn range(text: &str) -> Option<(u16, u16)> {
    let port = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| digits)
    };
    match text.split_once('-') {
        Some((first, last)) => Some((port(first)?, port(last)?)).filter(|(first, last)| first <= last),
        None => port(text).map(|port| (port, port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms() {
        for (text, wanted) in [
            ("3000", Ok("0:3000/tcp")),
            ("8080:80", Ok("8080:80/tcp")),
            ("53:53/udp", Ok("53:53/udp")),
            ("3000-3002", Ok("0:3000/tcp 0:3001/tcp 0:3002/tcp")),
            ("9090-9091:8080-8081", Ok("9090:8080/tcp 9091:8081/tcp")),
            ("8000-8001:80", Ok("8000:80/tcp 8001:80/tcp")),
            ("127.0.0.1:8001:80", Ok("8001:80/tcp at 127.0.0.1")),
            ("[::1]:8001:80", Ok("8001:80/tcp at ::1")),
            ("0.0.0.0:8001:80", Ok("8001:80/tcp")),
            ("127.0.0.1::80", Ok("0:80/tcp at 127.0.0.1")),
            ("8000-8002:80-81", Err("not of one length")),
            ("80:", Err("no port")),
            ("", Err("no port")),
            ("x:80", Err("no port")),
            ("host:80:80", Err("no IP address")),
            ("80/icmp", Err("invalid protocol")),
            ("70000", Err("no port")),
            ("+80", Err("no port")),
            ("90-80", Err("no port")),
        ] {
            let got = short(text).map(|(ports, ip)| {
                let ports: Vec<_> =
                    ports.iter().map(|port| format!("{}:{}/{}", port.published, port.target, port.protocol)).collect();
                ports.join(" ") + &ip.map(|ip| format!(" at {ip}")).unwrap_or_default()
            });
            match wanted {
                Ok(wanted) => assert_eq!(got.as_deref(), Ok(wanted), "{text}"),
                Err(wanted) => assert!(got.as_ref().is_err_and(|reason| reason.contains(wanted)), "{text}: {got:?}"),
            }
        }
    }
}

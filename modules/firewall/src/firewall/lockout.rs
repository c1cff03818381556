//! Whether the new rules would refuse the SSH connection that the task came by, were it made anew.

use std::fs;
use std::net::IpAddr;

use ansible::Failure;
use netfilter::{Change, Protocol, RuleSet};

use super::Chains;
use super::declare::address::Family;
use super::explain::{Explained, Fate, Packet, explain, interface_to};
use super::kernel::{Kernel, Tool, desired};

/// The two ends of a connection.
struct Session {
    client: IpAddr,
    client_port: u16,
    server: IpAddr,
    port: u16,
}

/// How many processes above this one are asked for the session: shells, sudo, the server's own.
const ABOVE: usize = 16;

/// The refusal, when it would be cut. `None` too when the task did not come by SSH.
///
/// # Errors
/// Those of [`desired`].
pub fn cut(kernel: &Kernel, tool: Tool, chains: &Chains) -> Result<Option<Failure>, Failure> {
    let Some(session) = session() else { return Ok(None) };
    let (family, own) = if session.server.is_ipv4() { (Family::V4, &chains.ipv4) } else { (Family::V6, &chains.ipv6) };
    let empty = RuleSet::empty(family.of_netfilter());
    let seen = match tool {
        // What others filter by iptables was there before; the question is what we add.
        Tool::Nftables => &empty,
        Tool::IptablesNft | Tool::IptablesLegacy => kernel.seen(family).unwrap_or(&empty),
    };
    let rules = Change::between(seen, &desired(own, family)?).applied_to(seen);
    let Session { client, client_port, server, port } = session;
    let packet = Packet {
        protocol: Protocol(6),
        from: client,
        source_port: client_port,
        to: server,
        port,
        input: interface_to(client),
        output: None,
        original: None,
    };
    let Explained { fate, steps, .. } = explain(&rules, packet, false);
    if fate == Fate::Passes {
        return Ok(None);
    }
    let by = steps.last().map(|step| format!(" by {step}")).unwrap_or_default();
    Ok(Some(Failure::new(format!(
        "these rules would cut you off: a connection such as this one, from {client} to port {port} of {server}, is refused{by}. Add a rule that accepts it, or set `rollback`"
    ))))
}

/// What sshd tells of the session, to us or to a process above us: sudo does not hand it on.
fn session() -> Option<Session> {
    let mut process = "self".to_owned();
    for _ in 0..ABOVE {
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        let told = environment.split(|byte| *byte == 0).find_map(|pair| pair.strip_prefix(b"SSH_CONNECTION="));
        if let Some(told) = told {
            return read(&String::from_utf8_lossy(told));
        }
        // proc(5): the fourth field is the parent; the second, in brackets, may hold spaces.
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let (_, rest) = stat.rsplit_once(')')?;
        process = rest.split_whitespace().nth(1)?.to_owned();
        if process == "0" {
            return None;
        }
    }
    None
}

/// `192.0.2.7 40000 203.0.113.1 22`
fn read(told: &str) -> Option<Session> {
    let mut words = told.split(' ');
    let client = words.next()?.parse().ok()?;
    let client_port = words.next()?.parse().ok()?;
    Some(Session { client, client_port, server: words.next()?.parse().ok()?, port: words.next()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sshd_tells() {
        let session = read("192.0.2.7 40000 203.0.113.1 22").unwrap();
        assert_eq!((session.client_port, session.port), (40000, 22));
        assert_eq!(read("fe80::1%eth0 1 ::1 22").map(|session| session.port), None);
        assert!(read("").is_none());
    }
}

//! What is sent to the host.

use super::line::{Allow, PortOf, Sets, fixed, of_policy, of_rule, places};
use super::{Line, Own};
use crate::firewall::declare::Declaration;
use crate::firewall::declare::address::Family;
use crate::firewall::options::{Chain, Policy};

const NAME: &str = "CDGP-INPUT";

pub fn add(declaration: &Declaration, family: Family, own: &mut Own) {
    let mut lines = vec![fixed("-i lo -j RETURN"), fixed("-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN")];
    lines.extend(needed(family));
    if declaration.ping {
        lines.push(ping(family, "RETURN"));
    }
    if declaration.policies.input != Policy::Accept {
        // After ICMP: connections that the kernel does not track, such as neighbour discovery, are not invalid.
        lines.push(fixed("-m conntrack --ctstate INVALID -j DROP"));
    }
    lines.extend(swarm(declaration, family, &mut own.sets));
    for rule in declaration.rules.iter().filter(|rule| rule.chain == Chain::Input) {
        lines.extend(of_rule(rule, family, PortOf::Packet, Allow::Return, &declaration.log, "input", &mut own.sets));
    }
    if !declaration.ping {
        lines.push(ping(family, "DROP"));
    }
    lines.extend(of_policy(declaration.policies.input, family, declaration, "input"));
    own.chain("filter", NAME, lines);
    own.jump("filter", "INPUT", NAME);
}

/// What a host can't do without. IPv4: that a destination can't be reached (path MTU with it), that the time is exceeded,
/// that a parameter is wrong. IPv6: the same, neighbour discovery, multicast listeners, and answers of DHCPv6, which come from another
/// address than was asked. Source: RFC 4890, sections 4.4.1 and 4.4.2.
fn needed(family: Family) -> Vec<Line> {
    match family {
        Family::V4 => [3, 11, 12].map(|kind| fixed(format!("-p icmp -m icmp --icmp-type {kind} -j RETURN"))).into(),
        Family::V6 => {
            let mut lines: Vec<Line> =
                [1, 2, 3, 4].map(|kind| fixed(format!("-p ipv6-icmp -m icmp6 --icmpv6-type {kind} -j RETURN"))).into();
            // Who is more than a hop away can't send these.
            lines.extend(
                [133, 134, 135, 136].map(|kind| {
                    fixed(format!("-p ipv6-icmp -m icmp6 --icmpv6-type {kind} -m hl --hl-eq 255 -j RETURN"))
                }),
            );
            lines.extend(
                [130, 131, 132, 143]
                    .map(|kind| fixed(format!("-s fe80::/10 -p ipv6-icmp -m icmp6 --icmpv6-type {kind} -j RETURN"))),
            );
            lines.push(fixed("-d fe80::/10 -p udp -m udp --dport 546 -j RETURN"));
            lines
        }
    }
}

fn ping(family: Family, target: &str) -> Line {
    fixed(match family {
        Family::V4 => format!("-p icmp -m icmp --icmp-type 8 -j {target}"),
        Family::V6 => format!("-p ipv6-icmp -m icmp6 --icmpv6-type 128 -j {target}"),
    })
}

/// The ports of a swarm, for its nodes. Source: Docker's documentation, "Open protocols and ports between the hosts".
fn swarm(declaration: &Declaration, family: Family, sets: &mut Sets) -> Vec<Line> {
    let peers: Vec<_> = declaration.peers.iter().filter(|peer| Family::of(peer) == family).copied().collect();
    if peers.is_empty() {
        return Vec::new();
    }
    let data = declaration.data_path_port;
    let what = [
        ("-p tcp", "-m multiport --dports 2377,7946".to_owned()),
        ("-p udp", format!("-m multiport --dports 7946,{data}")),
        ("-p 50", String::new()),
    ];
    let mut lines = Vec::new();
    for (source, set) in places("-s", "src", &peers, sets) {
        for (protocol, ports) in &what {
            let parts = [&source, *protocol, &set, ports, "-m comment --comment swarm", "-j RETURN"];
            lines.push(fixed(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")));
        }
    }
    lines
}

//! What the host sends.

use super::Own;
use super::line::{Allow, PortOf, fixed, of_policy, of_rule};
use crate::firewall::declare::Declaration;
use crate::firewall::declare::address::Family;
use crate::firewall::options::{Chain, Policy};

const NAME: &str = "CDGP-OUTPUT";

pub fn add(declaration: &Declaration, family: Family, own: &mut Own) {
    let rules: Vec<_> = declaration.rules.iter().filter(|rule| rule.chain == Chain::Output).collect();
    if rules.is_empty() && declaration.policies.output == Policy::Accept {
        return;
    }
    let mut lines = vec![fixed("-o lo -j RETURN"), fixed("-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN")];
    if family == Family::V6 {
        // Without neighbour discovery, multicast listening and DHCPv6 there is no IPv6.
        lines.extend(
            [133, 134, 135, 136, 143]
                .map(|kind| fixed(format!("-p ipv6-icmp -m icmp6 --icmpv6-type {kind} -j RETURN"))),
        );
        lines.push(fixed("-d ff02::1:2/128 -p udp -m udp --dport 547 -j RETURN"));
    }
    for rule in rules {
        lines.extend(of_rule(rule, family, PortOf::Packet, Allow::Return, &declaration.log, "output", &mut own.sets));
    }
    lines.extend(of_policy(declaration.policies.output, family, declaration, "output"));
    own.chain("filter", NAME, lines);
    own.jump("filter", "OUTPUT", NAME);
}

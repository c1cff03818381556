//! What is sent to containers, and what they send out: called from `DOCKER-USER`, which Docker leaves to its users.

use super::line::{Allow, PortOf, fixed, of_policy, of_rule};
use super::{Host, Line, Own};
use crate::firewall::declare::Declaration;
use crate::firewall::declare::address::Family;
use crate::firewall::declare::word::Interface;
use crate::firewall::options::{Chain, Policy};

const NAME: &str = "CDGP-DOCKER";
const PUBLISHED: &str = "CDGP-PUBLISHED";
const ROUTED: &str = "CDGP-ROUTED";
const EGRESS: &str = "CDGP-EGRESS";

pub fn add(declaration: &Declaration, host: &Host<'_>, family: Family, own: &mut Own) {
    let mut lines = vec![fixed("-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN")];
    let egress = declaration.policies.egress != Policy::Accept
        || declaration.rules.iter().any(|rule| rule.chain == Chain::Egress);
    // A chain that is gone to, not jumped to: its RETURN is the end of our say.
    let out = if egress { format!("-g {EGRESS}") } else { "-j RETURN".to_owned() };
    lines.extend(host.inside.iter().map(|Interface(name)| fixed(format!("-i {name} {out}"))));
    let routed: Vec<&str> = host
        .facts
        .iter()
        .flat_map(|facts| &facts.bridges)
        .filter(|bridge| bridge.routed)
        .map(|bridge| bridge.interface.as_str())
        .collect();
    lines.extend(routed.iter().map(|name| fixed(format!("-o {name} -g {ROUTED}"))));
    let published = host.inside.iter().filter(|Interface(name)| !routed.contains(&name.as_str()));
    lines.extend(published.map(|Interface(name)| fixed(format!("-o {name} -g {PUBLISHED}"))));
    own.chain("filter", NAME, lines);
    own.jump("filter", "DOCKER-USER", NAME);
    // Docker calls DOCKER-USER for the families that it filters itself. Where it leaves IPv6 alone, as before 27, or is
    // not started yet, nobody else would keep outsiders from a container's own address.
    own.jump("filter", "FORWARD", NAME);

    let into = into_docker(declaration, family, PortOf::Client { dnat: true }, own);
    own.chain("filter", PUBLISHED, into);
    if !routed.is_empty() {
        let into = into_docker(declaration, family, PortOf::Client { dnat: false }, own);
        own.chain("filter", ROUTED, into);
    }
    if egress {
        let mut lines: Vec<Line> =
            host.inside.iter().map(|Interface(name)| fixed(format!("-o {name} -j RETURN"))).collect();
        for rule in declaration.rules.iter().filter(|rule| rule.chain == Chain::Egress) {
            lines.extend(of_rule(
                rule,
                family,
                PortOf::Packet,
                Allow::Return,
                &declaration.log,
                "egress",
                &mut own.sets,
            ));
        }
        lines.extend(of_policy(declaration.policies.egress, family, declaration, "egress"));
        own.chain("filter", EGRESS, lines);
    }
}

/// Without translation, as a neighbour with a route to the bridge tries it, an allowed port stays closed, unless the
/// network is made for that.
fn into_docker(declaration: &Declaration, family: Family, port: PortOf, own: &mut Own) -> Vec<Line> {
    let mut lines = Vec::new();
    for rule in declaration.rules.iter().filter(|rule| rule.chain == Chain::Published) {
        lines.extend(of_rule(rule, family, port, Allow::Return, &declaration.log, "published", &mut own.sets));
    }
    lines.extend(of_policy(declaration.policies.published, family, declaration, "published"));
    lines
}

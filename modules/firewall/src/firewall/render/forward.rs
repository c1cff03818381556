//! What passes through beside Docker.

use super::line::{Allow, PortOf, fixed, of_policy, of_rule};
use super::{Host, Own};
use crate::firewall::declare::Declaration;
use crate::firewall::declare::address::Family;
use crate::firewall::declare::word::Interface;
use crate::firewall::options::{Chain, ForwardPolicy, Policy};

const NAME: &str = "CDGP-FORWARD";

pub fn add(declaration: &Declaration, host: &Host<'_>, family: Family, own: &mut Own) {
    let mut lines = Vec::new();
    if host.facts.is_some() {
        // Docker's own traffic is Docker's, wherever among its rules this chain is called.
        lines.extend(host.inside.iter().map(|Interface(name)| fixed(format!("-i {name} -j RETURN"))));
        lines.extend(host.inside.iter().map(|Interface(name)| fixed(format!("-o {name} -j RETURN"))));
    }
    lines.push(fixed("-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"));
    for rule in declaration.rules.iter().filter(|rule| rule.chain == Chain::Forward) {
        lines.extend(of_rule(rule, family, PortOf::Packet, Allow::Accept, &declaration.log, "forward", &mut own.sets));
    }
    lines.extend(match declaration.policies.forward {
        ForwardPolicy::Keep => Vec::new(),
        ForwardPolicy::Accept => vec![fixed("-j ACCEPT")],
        ForwardPolicy::Drop => of_policy(Policy::Drop, family, declaration, "forward"),
        ForwardPolicy::Reject => of_policy(Policy::Reject, family, declaration, "forward"),
    });
    own.chain("filter", NAME, lines);
    own.jump("filter", "FORWARD", NAME);
}

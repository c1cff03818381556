//! Translation of addresses beyond Docker's.

use super::line::{Sets, translated};
use super::{Line, Own};
use crate::firewall::declare::address::Family;
use crate::firewall::declare::{Declaration, Nat};
use crate::firewall::options::NatAction;

pub fn add(declaration: &Declaration, family: Family, own: &mut Own) {
    let comes_in = |nat: &&Nat| matches!(nat.action, NatAction::Dnat | NatAction::Redirect);
    let (coming, leaving): (Vec<&Nat>, Vec<&Nat>) = declaration.nat.iter().partition(comes_in);
    for (translations, from, name) in
        [(coming, "PREROUTING", "CDGP-PREROUTING"), (leaving, "POSTROUTING", "CDGP-POSTROUTING")]
    {
        let lines = lines(&translations, family, &mut own.sets);
        if !lines.is_empty() {
            own.chain("nat", name, lines);
            own.jump("nat", from, name);
        }
    }
}

fn lines(translations: &[&Nat], family: Family, sets: &mut Sets) -> Vec<Line> {
    let mut lines = Vec::new();
    for nat in translations {
        let to = nat.to.as_ref().map(ToString::to_string).unwrap_or_default();
        let target = match nat.action {
            NatAction::Masquerade => "MASQUERADE".to_owned(),
            NatAction::Snat => format!("SNAT --to-source {to}"),
            NatAction::Dnat => format!("DNAT --to-destination {to}"),
            NatAction::Redirect => format!("REDIRECT --to-ports {to}"),
        };
        for matching in nat.matchings.iter().filter(|matching| matching.family == family) {
            lines.extend(translated(matching, &target, &nat.label, sets));
        }
    }
    lines
}

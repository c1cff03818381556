//! Rules that an earlier one keeps from ever deciding.

use ansible::Failure;

use super::word::{Interface, Ports};
use super::{Matching, Rule, address};
use crate::firewall::options::Action;

/// Refuses a rule whose opposite is decided before it; of one that is merely told twice, it warns.
///
/// # Errors
/// Names both rules.
pub fn check(rules: &[Rule], warn: &mut dyn FnMut(String)) -> Result<(), Failure> {
    for (index, later) in rules.iter().enumerate() {
        if later.matchings.is_empty() || later.action == Action::Log {
            continue;
        }
        let Some(earlier) = rules.iter().take(index).find(|earlier| shadows(earlier, later)) else { continue };
        let (label, first) = (&later.label, &earlier.label);
        if earlier.action == later.action {
            warn(format!("{label} is not needed: {first} decides the same for all that it matches"));
        } else {
            return Err(label.refuse(format!(
                "it never decides, for {first} decides before it for all that it matches. Put it first (a lower `weight` does that), or leave it out"
            )));
        }
    }
    Ok(())
}

fn shadows(earlier: &Rule, later: &Rule) -> bool {
    earlier.chain == later.chain
        && earlier.action != Action::Log
        && earlier.limit.is_none()
        && later.matchings.iter().all(|inner| earlier.matchings.iter().any(|outer| covers(outer, inner)))
}

/// Whether all that `inner` matches is matched by `outer`.
fn covers(outer: &Matching, inner: &Matching) -> bool {
    outer.family == inner.family
        && any_or(&outer.protocols, &inner.protocols, |one, other| one == other)
        && any_or(&outer.icmp_types, &inner.icmp_types, |one, other| one == other)
        && any_or(&outer.ports, &inner.ports, |one: &Ports, other| one.covers(*other))
        && any_or(&outer.source_ports, &inner.source_ports, |one: &Ports, other| one.covers(*other))
        && any_or(&outer.interfaces, &inner.interfaces, Interface::covers)
        && any_or(&outer.out_interfaces, &inner.out_interfaces, Interface::covers)
        && (outer.sources.is_empty() || !inner.sources.is_empty() && address::covers(&outer.sources, &inner.sources))
        && (outer.destinations.is_empty()
            || !inner.destinations.is_empty() && address::covers(&outer.destinations, &inner.destinations))
}

/// An empty list is any.
fn any_or<T>(outer: &[T], inner: &[T], covers: impl Fn(&T, &T) -> bool) -> bool {
    outer.is_empty() || !inner.is_empty() && inner.iter().all(|one| outer.iter().any(|wide| covers(wide, one)))
}

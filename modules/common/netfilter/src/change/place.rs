//! Where our jumps stand in a chain of others.

use super::Edit;
use crate::{Chain, Desired, Position, Rule, SavedRule, Wanted};

/// What brings our jumps in `chain` to where they are wanted; `None`: they are there. The rules of others keep their order.
pub(super) fn edit(chain: &Chain, wanted: &Wanted, desired: &Desired) -> Option<Edit> {
    let leads_to_ours =
        |rule: &Rule| rule.target.as_ref().and_then(|target| target.chain()).is_some_and(|to| desired.owns(to));
    let (mut ours, mut others): (Vec<(usize, &SavedRule)>, Vec<&SavedRule>) = (Vec::new(), Vec::new());
    for rule in &chain.rules {
        // Ours is known by its slot: how many rules of others come before it.
        if leads_to_ours(&rule.rule) { ours.push((others.len(), rule)) } else { others.push(rule) }
    }
    let mut placed: Vec<(usize, &Rule)> = Vec::new();
    for jump in wanted.jumps.iter().filter(|jump| jump.from == chain.name) {
        let present = ours.iter().find(|(_, rule)| rule.rule == jump.rule).map(|(slot, _)| *slot);
        let slot = match &jump.position {
            Position::First => 0,
            Position::Last => others.len(),
            Position::Anywhere => present.unwrap_or(0),
            Position::Before(chains) => {
                let leads_there = |rule: &&SavedRule| {
                    let to = rule.rule.target.as_ref().and_then(|target| target.chain());
                    to.is_some_and(|to| chains.iter().any(|chain| chain == to))
                };
                let limit = others.iter().position(leads_there).unwrap_or(others.len());
                present.filter(|slot| *slot <= limit).unwrap_or(limit)
            }
        };
        placed.push((slot, &jump.rule));
    }
    // Stable: in one slot they keep the order in which they are wanted.
    placed.sort_by_key(|(slot, _)| *slot);
    let same = ours.len() == placed.len()
        && ours
            .iter()
            .zip(&placed)
            .all(|((slot, there), (wanted_slot, wanted))| slot == wanted_slot && there.rule == **wanted);
    if same {
        return None;
    }
    let inserted = placed.iter().enumerate().map(|(before, (slot, rule))| {
        let index = (*slot < others.len()).then_some(slot + before);
        (index, (*rule).clone())
    });
    Some(Edit {
        chain: chain.name.clone(),
        deleted: ours.iter().map(|(_, rule)| (*rule).clone()).collect(),
        inserted: inserted.collect(),
    })
}

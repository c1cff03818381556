//! Which records of the build cache go: those that are not in use, and have none left that was built on them.
//!
//! Source: moby, `builder/builder-next/builder.go`; BuildKit, `cache/manager.go`.

use std::collections::BTreeSet;

use ansible::Failure;
use docker::ListedCache;
use serde_json::json;

use super::filter::{Filter, seconds};
use super::{Gone, Observed};

pub const FILTERS: [&str; 9] =
    ["until", "unused-for", "id", "parent", "type", "description", "inuse", "shared", "private"];

/// Without `all`, what BuildKit made for itself stays, and what images have too. The records that were used last stay
/// as far as `keep` bytes hold them.
pub fn cache(filter: &Filter, all: bool, keep: i64, left: &mut Observed) -> Result<(Gone, BTreeSet<String>), Failure> {
    let mut gone: Vec<ListedCache> = Vec::new();
    let (shared, private) = (filter.switch("shared", false)?, filter.switch("private", false)?);
    let named = |key: &str, has: &dyn Fn(&str) -> bool| {
        filter.values(key).is_empty() || filter.values(key).iter().any(|value| has(value))
    };
    let may_go = |record: &ListedCache| {
        let last = if record.last_used_at.is_empty() { &record.created_at } else { &record.last_used_at };
        !record.in_use
            && (all || !(record.shared || ["internal", "frontend"].contains(&record.kind.as_str())))
            && filter.is_old_enough(seconds(last))
            && named("id", &|id| record.id.starts_with(id))
            && named("type", &|kind| record.kind == kind)
            && named("description", &|text| record.description == text)
            && named("parent", &|parent| record.parent == parent || record.parents.iter().any(|one| one == parent))
            && (!shared || record.shared)
            && (!private || !record.shared)
            && named("inuse", &|value| ["false", "0"].contains(&value))
    };
    loop {
        let total: i64 = left.cache.iter().map(|record| record.size).sum();
        let holds =
            |id: &str| left.cache.iter().any(|other| other.parent == id || other.parents.iter().any(|one| one == id));
        let next = left.cache.iter().enumerate().filter(|(_, record)| may_go(record) && !holds(&record.id));
        // Used longest ago first: times of this form compare as text.
        let Some((place, _)) = next.min_by_key(|(_, record)| record.last_used_at.clone()) else { break };
        if keep > 0 && total <= keep {
            break;
        }
        gone.push(left.cache.remove(place));
    }
    let items = gone.iter().map(|record| json!(record.id)).collect();
    let bytes = gone.iter().map(|record| record.size).sum();
    Ok((Gone { items, bytes }, gone.into_iter().map(|record| record.id).collect()))
}

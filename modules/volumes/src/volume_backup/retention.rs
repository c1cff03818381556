//! Which backups stay, by their moments: pure.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use super::options::Retention;
use crate::backup::card::Card;
use crate::backup::moment::moment;

/// In which hour, day, week … of UTC a moment is.
type Period = fn(OffsetDateTime) -> (i32, u16);

/// The backups that go: those that no rule keeps. One that has a name of its own stays.
///
/// Each rule keeps the newest backup of each of the newest periods that have any, so that a host which was away keeps as
/// many as one that was not.
pub fn superfluous<'a>(retention: &Retention, backups: &'a [Card]) -> Vec<&'a Card> {
    let rules: [(Option<u32>, Period); 5] = [
        (retention.keep_hourly, |at| (at.year(), at.ordinal() * 24 + u16::from(at.hour()))),
        (retention.keep_daily, |at| (at.year(), at.ordinal())),
        (retention.keep_weekly, |at| {
            let (year, week, _) = at.to_iso_week_date();
            (year, week.into())
        }),
        (retention.keep_monthly, |at| (at.year(), u8::from(at.month()).into())),
        (retention.keep_yearly, |at| (at.year(), 0)),
    ];
    if rules.iter().all(|(keep, _)| keep.is_none()) && retention.keep_last.is_none() {
        return Vec::new();
    }
    let mut newest_first: Vec<&Card> = backups.iter().filter(|card| !card.named).collect();
    newest_first.sort_by_key(|card| std::cmp::Reverse((card.time(), &card.name)));
    let mut kept: BTreeSet<&str> = newest_first
        .iter()
        .take(retention.keep_last.unwrap_or_default() as usize)
        .map(|card| card.name.as_str())
        .collect();
    for (keep, period) in rules {
        let mut periods = BTreeSet::new();
        for card in &newest_first {
            if periods.len() == keep.unwrap_or_default() as usize {
                break;
            }
            if periods.insert(period(moment(card.time()))) {
                kept.insert(&card.name);
            }
        }
    }
    newest_first.reverse();
    newest_first.into_iter().filter(|card| !kept.contains(card.name.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::moment;

    fn cards(moments: &[&str]) -> Vec<Card> {
        let card = |at: &&str| Card { name: at.replace(['-', ':'], ""), created: (*at).to_owned(), ..Card::default() };
        moments.iter().map(card).collect()
    }

    fn stay(retention: Retention, backups: &[Card]) -> Vec<String> {
        let gone: Vec<&str> = superfluous(&retention, backups).iter().map(|card| card.name.as_str()).collect();
        backups.iter().filter(|card| !gone.contains(&card.name.as_str())).map(|card| card.created.clone()).collect()
    }

    #[test]
    fn each_rule_keeps_the_newest_of_its_periods() {
        let backups = cards(&[
            "2024-12-30T01:00:00Z",
            "2025-12-29T01:00:00Z",
            "2026-01-01T01:00:00Z",
            "2026-01-31T23:00:00Z",
            "2026-02-01T00:00:00Z",
            "2026-02-01T00:30:00Z",
            "2026-02-01T12:00:00Z",
            "2026-02-03T12:00:00Z",
        ]);
        let none = Retention::default();
        assert_eq!(stay(none, &backups).len(), 8);
        let last = |from: usize| backups[from..].iter().map(|card| card.created.clone()).collect::<Vec<_>>();
        assert_eq!(stay(Retention { keep_last: Some(2), ..none }, &backups), last(6));
        assert_eq!(stay(Retention { keep_last: Some(100), ..none }, &backups), last(0));
        assert_eq!(
            stay(Retention { keep_hourly: Some(3), ..none }, &backups),
            ["2026-02-01T00:30:00Z", "2026-02-01T12:00:00Z", "2026-02-03T12:00:00Z"]
        );
        assert_eq!(
            stay(Retention { keep_daily: Some(3), ..none }, &backups),
            ["2026-01-31T23:00:00Z", "2026-02-01T12:00:00Z", "2026-02-03T12:00:00Z"]
        );
        // 29 December 2025 is in the week of 1 January 2026; 1 February 2026 is a Sunday.
        assert_eq!(
            stay(Retention { keep_weekly: Some(3), ..none }, &backups),
            ["2026-01-01T01:00:00Z", "2026-02-01T12:00:00Z", "2026-02-03T12:00:00Z"]
        );
        assert_eq!(
            stay(Retention { keep_monthly: Some(2), keep_yearly: Some(2), ..none }, &backups),
            ["2025-12-29T01:00:00Z", "2026-01-31T23:00:00Z", "2026-02-03T12:00:00Z"]
        );
        assert_eq!(stay(Retention { keep_last: Some(0), ..none }, &backups), last(8));
    }

    #[test]
    fn a_backup_with_a_name_of_its_own_stays() {
        let mut backups = cards(&["2026-02-01T00:00:00Z", "2026-02-03T12:00:00Z"]);
        backups.push(Card {
            name: "before-2.0".into(),
            named: true,
            created: "2020-01-01T00:00:00Z".into(),
            ..Card::default()
        });
        assert_eq!(
            stay(Retention { keep_last: Some(1), ..Retention::default() }, &backups),
            ["2026-02-03T12:00:00Z", "2020-01-01T00:00:00Z"]
        );
        assert_eq!(moment::seconds("1970-01-01T00:00:01Z"), Some(1));
    }
}

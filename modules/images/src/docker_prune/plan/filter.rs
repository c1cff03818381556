//! A prune filter, as the engine understands it.
//!
//! Source: moby, `api/types/filters` and `api/types/time`.

use std::collections::BTreeMap;

use ansible::Failure;
use docker_module::Filters;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::Kind;

#[derive(Debug)]
pub struct Filter {
    option: String,
    given: Filters,
    /// What is younger stays.
    until: Option<OffsetDateTime>,
}

impl Filter {
    /// `now` is the engine's clock.
    ///
    /// # Errors
    /// A key that is not among the `known`, or a moment that can't be read.
    pub fn new(kind: Kind, given: Filters, known: &[&str], now: Option<&str>) -> Result<Filter, Failure> {
        let option = format!("{}_filters", kind.name());
        if let Some(key) = given.0.keys().find(|key| !known.contains(&key.as_str())) {
            let known = known.join(", ");
            return Err(Failure::new(format!("`{option}`: invalid filter '{key}': the engine takes {known}")));
        }
        let moments: Vec<&String> =
            ["until", "unused-for"].iter().filter_map(|key| given.0.get(*key)).flatten().collect();
        let until = match moments.as_slice() {
            [] => None,
            [text] => {
                let now = now.and_then(|now| OffsetDateTime::parse(now, &Rfc3339).ok());
                let read = now.and_then(|now| moment(text, now));
                Some(read.ok_or_else(|| {
                    Failure::new(format!(
                        "`{option}`: can't read until={text}: write a duration such as 24h, a date such as 2026-01-31 \
                         or 2026-01-31T12:00:00, or seconds since 1970"
                    ))
                })?)
            }
            _ => return Err(Failure::new(format!("`{option}`: more than one until filter specified"))),
        };
        Ok(Filter { option, given, until })
    }

    /// For the engine, with `until` as seconds since 1970. The build cache wants it as it is.
    pub fn to_query(&self) -> String {
        let mut filters = self.given.clone();
        if let (Some(until), Some(values)) = (self.until, filters.0.get_mut("until"))
            && self.option != "builder_cache_filters"
        {
            *values = vec![format!("{}.{:09}", until.unix_timestamp(), until.nanosecond())];
        }
        filters.to_query()
    }

    /// # Errors
    /// Neither true nor false.
    pub fn switch(&self, key: &str, default: bool) -> Result<bool, Failure> {
        let Some(values) = self.given.0.get(key) else { return Ok(default) };
        match values.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["true" | "1"] => Ok(true),
            ["false" | "0"] => Ok(false),
            _ => Err(Failure::new(format!("`{}`: {key} is true or false", self.option))),
        }
    }

    /// The values of a key; none where it was not given.
    pub fn values(&self, key: &str) -> &[String] {
        self.given.0.get(key).map_or(&[], Vec::as_slice)
    }

    /// Whether labels and age let it go. `created`: seconds since 1970.
    pub fn passes(&self, labels: &BTreeMap<String, String>, created: Option<i64>) -> bool {
        let has = |wanted: &String| match wanted.split_once('=') {
            Some((key, value)) => labels.get(key).is_some_and(|there| there == value),
            None => labels.contains_key(wanted),
        };
        let protecting = self.values("label!");
        self.values("label").iter().all(has)
            // The engine protects what has all of these, not one of these.
            && (protecting.is_empty() || !protecting.iter().all(has))
            && self.is_old_enough(created)
    }

    pub fn is_old_enough(&self, created: Option<i64>) -> bool {
        match (self.until, created) {
            (Some(until), Some(created)) => created <= until.unix_timestamp(),
            (Some(_), None) => false,
            (None, _) => true,
        }
    }
}

/// Seconds since 1970 of what the engine wrote.
pub fn seconds(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

/// A moment as Docker reads it: a duration before now, seconds since 1970, or a date, of which the end and the zone
/// may be missing.
fn moment(text: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
    if let Ok(seconds) = text.parse::<f64>()
        && seconds.abs() < 1e11
    {
        return OffsetDateTime::from_unix_timestamp_nanos((seconds * 1e9) as i128).ok();
    }
    if let Some(ago) = duration(text) {
        return Some(now - ago);
    }
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (date, clock) = text.split_once('T').unwrap_or((text, ""));
    let zone_at = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(zone_at);
    let date = format!("{date}{}", &"0000-01-01"[date.len().min(10)..]);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let clock = format!("{clock}{}", &"00:00:00"[clock.len().min(8)..]);
    let here = now.offset();
    let own = format!(
        "{}{:02}:{:02}",
        if here.is_negative() { '-' } else { '+' },
        here.whole_hours().abs(),
        here.minutes_past_hour().abs()
    );
    let zone = if zone.is_empty() { &own } else { zone };
    OffsetDateTime::parse(&format!("{date}T{clock}.{fraction}{zone}"), &Rfc3339).ok()
}

/// A duration as Go writes it: `24h`, `1h30m`, `1.5h`.
fn duration(text: &str) -> Option<Duration> {
    let (mut rest, mut sum) = (text, Duration::ZERO);
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(unit_at);
        let next = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(next);
        let seconds = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        sum += Duration::checked_seconds_f64(number.parse::<f64>().ok()? * seconds)?;
        rest = tail;
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        let now = OffsetDateTime::parse("2026-11-23T13:00:00+01:00", &Rfc3339).unwrap();
        for (text, wanted) in [
            ("24h", Some("2026-11-22T13:00:00+01:00")),
            ("1h30m", Some("2026-11-23T11:30:00+01:00")),
            ("1.5h", Some("2026-11-23T11:30:00+01:00")),
            ("2026-01-31", Some("2026-01-31T00:00:00+01:00")),
            ("2026-01-31T12", Some("2026-01-31T12:00:00+01:00")),
            ("2026-01-31T12:05Z", Some("2026-01-31T12:05:00Z")),
            ("2026-01-31T12:05:06.5-02:00", Some("2026-01-31T12:05:06.5-02:00")),
            ("1136073600", Some("2006-01-01T00:00:00Z")),
            ("soon", None),
            ("5", Some("1970-01-01T00:00:05Z")),
            ("", None),
            ("1x", None),
        ] {
            let wanted = wanted.map(|wanted| OffsetDateTime::parse(wanted, &Rfc3339).unwrap());
            assert_eq!(moment(text, now), wanted, "{text}");
        }
    }
}

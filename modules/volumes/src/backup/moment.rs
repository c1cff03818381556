//! Moments as backups carry them: RFC 3339 in UTC, to the second.

use time::{Date, Month, OffsetDateTime, Time};

/// `2026-11-23T18:15:00Z`; `seconds` are since 1970.
pub fn text(seconds: i64) -> String {
    let at = moment(seconds);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", u8::from(month))
}

/// `20261123T181500Z`, for names.
pub fn short(seconds: i64) -> String {
    text(seconds).replace(['-', ':'], "")
}

/// Seconds since 1970; `None` where it is no moment as [`text`] writes it.
pub fn seconds(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i32>().ok();
    let small = |range| u8::try_from(number(range)?).ok();
    let date = Date::from_calendar_date(number(0..4)?, Month::try_from(small(5..7)?).ok()?, small(8..10)?).ok()?;
    let time = Time::from_hms(small(11..13)?, small(14..16)?, small(17..19)?).ok()?;
    let seconds = date.with_time(time).assume_utc().unix_timestamp();
    (self::text(seconds) == text).then_some(seconds)
}

/// The moment in UTC; the beginning of 1970 for what no calendar has.
pub fn moment(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_were_written() {
        assert_eq!(text(1_795_457_700), "2026-11-23T18:15:00Z");
        assert_eq!(short(1_795_457_700), "20261123T181500Z");
        assert_eq!(seconds("2026-11-23T18:15:00Z"), Some(1_795_457_700));
        for none in
            ["", "2026-11-23", "2026-02-30T00:00:00Z", "2026-11-23T18:15:00+01:00", "2026-11-23t18:15:00Z", "é2026"]
        {
            assert_eq!(seconds(none), None, "{none}");
        }
    }
}

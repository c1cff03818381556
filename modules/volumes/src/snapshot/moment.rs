//! Moments: seconds since 1970, as texts and as names.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The moment now.
pub fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// A moment by RFC 3339.
pub fn text(seconds: i64) -> String {
    at(seconds).format(&Rfc3339).unwrap_or_default()
}

/// A moment in seconds, its fractions dropped; `None`: the text is none by RFC 3339.
pub fn seconds(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
}

/// A moment as a name that sorts by time: `20261123T181500Z`.
pub fn short(seconds: i64) -> String {
    text(seconds).replace(['-', ':'], "")
}

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

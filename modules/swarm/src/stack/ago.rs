//! How long ago something was, in Docker's words.
//!
//! Source: `HumanDuration` of docker/go-units.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// `5 minutes ago`; empty where `since`, RFC 3339, is no time.
pub fn ago(since: &str, now: OffsetDateTime) -> String {
    let Ok(since) = OffsetDateTime::parse(since, &Rfc3339) else { return String::new() };
    let seconds = (now - since).whole_seconds();
    let (minutes, hours) = (seconds / 60, (seconds + 1800) / 3600);
    let text = match (seconds, minutes, hours) {
        (..1, ..) => "less than a second".to_owned(),
        (1, ..) => "1 second".to_owned(),
        (..60, ..) => format!("{seconds} seconds"),
        (_, 1, _) => "about a minute".to_owned(),
        (_, ..60, _) => format!("{minutes} minutes"),
        (.., 1) => "about an hour".to_owned(),
        (.., ..48) => format!("{hours} hours"),
        (.., ..336) => format!("{} days", hours / 24),
        (.., ..1440) => format!("{} weeks", hours / 24 / 7),
        (.., ..17520) => format!("{} months", hours / 24 / 30),
        _ => format!("{} years", seconds / 3600 / 24 / 365),
    };
    format!("{text} ago")
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn times() {
        let now = OffsetDateTime::parse("2026-11-23T15:53:31Z", &Rfc3339).unwrap();
        for (seconds, wanted) in [
            (-3, "less than a second ago"),
            (0, "less than a second ago"),
            (1, "1 second ago"),
            (59, "59 seconds ago"),
            (60, "about a minute ago"),
            (119, "about a minute ago"),
            (120, "2 minutes ago"),
            (3599, "59 minutes ago"),
            (3600, "about an hour ago"),
            (5400, "2 hours ago"),
            (47 * 3600, "47 hours ago"),
            (48 * 3600, "2 days ago"),
            (14 * 86400, "2 weeks ago"),
            (60 * 86400, "2 months ago"),
            (730 * 86400, "2 years ago"),
        ] {
            let since = (now - Duration::seconds(seconds)).format(&Rfc3339).unwrap();
            assert_eq!(ago(&since, now), wanted, "{seconds}");
        }
        assert_eq!(ago("2026-11-23T15:53:26.552411758Z", now), "4 seconds ago");
        assert_eq!(ago("", now), "");
    }
}

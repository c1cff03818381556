//! How a container's health is checked.

use crate::Error;
use crate::fields::Item;

/// A health check; times in nanoseconds, 0 for the image's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HealthCheck {
    /// `CMD` or `CMD-SHELL` and the command, or `NONE`; empty for the image's.
    pub test: Vec<String>,
    /// Between two checks.
    pub interval: i64,
    /// For one check.
    pub timeout: i64,
    /// How many failures make it unhealthy; 0 for the image's.
    pub retries: u64,
    /// While failures don't count.
    pub start_period: i64,
    /// Between two checks in that time.
    pub start_interval: i64,
}

impl HealthCheck {
    pub(crate) fn read(item: &Item<'_>) -> Result<HealthCheck, Error> {
        let mut fields = item.fields()?;
        let test = fields.take("test");
        let disabled = fields.read("disable", Item::boolean)?.unwrap_or(false);
        let mut time = |key| Ok::<_, Error>(fields.read(key, Item::duration)?.unwrap_or(0));
        let check = HealthCheck {
            interval: time("interval")?,
            timeout: time("timeout")?,
            start_period: time("start_period")?,
            start_interval: time("start_interval")?,
            retries: fields.read("retries", Item::count)?.unwrap_or(0),
            test: test.as_ref().map(command).transpose()?.unwrap_or_default(),
        };
        fields.end(&[])?;
        match (disabled, test) {
            (true, Some(test)) => Err(test.error("test and disable can't be set at the same time")),
            (true, None) => Ok(HealthCheck { test: vec!["NONE".to_owned()], ..HealthCheck::default() }),
            (false, _) => Ok(check),
        }
    }
}

fn command(item: &Item<'_>) -> Result<Vec<String>, Error> {
    if item.node.scalar().is_some() {
        return Ok(vec!["CMD-SHELL".to_owned(), item.text()?]);
    }
    let words = item.texts()?;
    match words.first().map(String::as_str) {
        None | Some("NONE" | "CMD" | "CMD-SHELL") => Ok(words),
        Some(word) => Err(item.error(format!("the list begins with NONE, CMD or CMD-SHELL, not with {word:?}"))),
    }
}

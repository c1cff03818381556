//! The health check.

use docker::container::{Container as Inspect, Healthcheck};
use serde::Serialize;

use super::super::options::Comparison;
use super::super::options::Options;
use super::body::{Body, put};
use super::compare::{Compare, Kind};

/// Durations in nanoseconds; `test: [NONE]` is the engine's word for no health check.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Health {
    healthcheck: Option<Check>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Check {
    test: Option<Vec<String>>,
    interval: Option<i64>,
    timeout: Option<i64>,
    start_period: Option<i64>,
    start_interval: Option<i64>,
    retries: Option<i64>,
}

impl Check {
    fn none() -> Self {
        Check { test: Some(vec!["NONE".to_owned()]), ..Check::default() }
    }
}

impl From<&Inspect> for Health {
    fn from(inspect: &Inspect) -> Self {
        let check = match &inspect.config.healthcheck {
            Some(check) if check.test != ["NONE"] => Check {
                test: Some(check.test.clone()),
                interval: check.interval,
                timeout: check.timeout,
                start_period: check.start_period,
                start_interval: check.start_interval,
                retries: check.retries,
            },
            _ => Check::none(),
        };
        Health { healthcheck: Some(check) }
    }
}

impl Health {
    pub fn overlay(&mut self, wish: &Options, compare: &Compare) {
        let Some(wish) = &wish.healthcheck else { return };
        let wanted = match wish.test() {
            Some(test) if test.is_empty() || test == ["NONE"] => Check::none(),
            None if !wish.test_cli_compatible => Check::none(),
            test => Check {
                test,
                interval: wish.interval.map(|time| time.0).filter(|time| *time != 0),
                timeout: wish.timeout.map(|time| time.0).filter(|time| *time != 0),
                start_period: wish.start_period.map(|time| time.0).filter(|time| *time != 0),
                start_interval: wish.start_interval.map(|time| time.0).filter(|time| *time != 0),
                retries: wish.retries.filter(|retries| *retries != 0),
            },
        };
        match compare.mode("healthcheck", Kind::Collection, Comparison::AllowMorePresent) {
            Comparison::Ignore => {}
            Comparison::Strict => self.healthcheck = Some(wanted),
            // Of a check that is switched off nothing is left.
            Comparison::AllowMorePresent if wanted == Check::none() => self.healthcheck = Some(wanted),
            Comparison::AllowMorePresent => {
                let there = self.healthcheck.get_or_insert_default();
                let field = |there: &mut Option<i64>, wanted: Option<i64>| *there = wanted.or(*there);
                there.test = wanted.test.or(there.test.take());
                field(&mut there.interval, wanted.interval);
                field(&mut there.timeout, wanted.timeout);
                field(&mut there.start_period, wanted.start_period);
                field(&mut there.start_interval, wanted.start_interval);
                field(&mut there.retries, wanted.retries);
            }
        }
    }

    pub fn write(&self, body: &mut Body) {
        let check = self.healthcheck.as_ref().map(|check| Healthcheck {
            test: check.test.clone().unwrap_or_default(),
            interval: check.interval,
            timeout: check.timeout,
            start_period: check.start_period,
            start_interval: check.start_interval,
            retries: check.retries,
        });
        put(&mut body.config, "Healthcheck", &check);
    }
}

//! The health check.

use docker::ServiceSpec;
use serde::Serialize;

use super::super::options::{Healthcheck, Options, UnnamedOptions};
use super::body::Body;

/// `test: [NONE]` is the engine's word for no health check.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Health {
    healthcheck: Option<Check>,
}

/// Durations in nanoseconds. `None`: the image's, or the engine's default.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Check {
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_period: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retries: Option<i64>,
}

impl Check {
    fn none() -> Self {
        Check { test: Some(vec!["NONE".to_owned()]), ..Check::default() }
    }

    /// Without the zeros, which are defaults.
    fn of(wish: &Healthcheck) -> Self {
        let test = wish.test.as_ref().map(|test| test.words()).filter(|words| !words.is_empty());
        if test.as_ref().is_some_and(|words| words == &["NONE"]) {
            return Check::none();
        }
        let known = |number: Option<i64>| number.filter(|number| *number != 0);
        Check {
            test,
            interval: known(wish.interval.map(|time| time.0)),
            timeout: known(wish.timeout.map(|time| time.0)),
            start_period: known(wish.start_period.map(|time| time.0)),
            retries: known(wish.retries),
        }
    }
}

impl From<&ServiceSpec> for Health {
    fn from(spec: &ServiceSpec) -> Self {
        let known = |number: Option<i64>| number.filter(|number| *number != 0);
        let check = spec.task_template.container_spec.healthcheck.as_ref().map(|check| Check {
            test: Some(check.test.clone()).filter(|words| !words.is_empty()),
            interval: known(check.interval),
            timeout: known(check.timeout),
            start_period: known(check.start_period),
            retries: known(check.retries),
        });
        Health { healthcheck: check }
    }
}

impl Health {
    /// Without a test the service has no check of its own: unless the rest is kept, that holds where none is named, too. The
    /// peer takes it so.
    pub fn overlay(&mut self, wish: &Options) {
        let wanted = wish.healthcheck.as_ref().map(Check::of);
        self.healthcheck = match (wish.unnamed_options, self.healthcheck.take(), wanted) {
            (UnnamedOptions::Reset, _, wanted) => wanted.filter(|wanted| wanted.test.is_some()),
            (UnnamedOptions::Keep, there, None) => there,
            (UnnamedOptions::Keep, Some(there), Some(wanted)) if there != Check::none() && wanted != Check::none() => {
                Some(Check {
                    test: wanted.test.or(there.test),
                    interval: wanted.interval.or(there.interval),
                    timeout: wanted.timeout.or(there.timeout),
                    start_period: wanted.start_period.or(there.start_period),
                    retries: wanted.retries.or(there.retries),
                })
            }
            (UnnamedOptions::Keep, there, Some(wanted)) => {
                Some(wanted).filter(|wanted| wanted.test.is_some()).or(there)
            }
        };
    }

    /// Whether it is switched off.
    pub fn is_off(&self) -> bool {
        self.healthcheck.as_ref() == Some(&Check::none())
    }

    pub fn write(&self, before: &Health, body: &mut Body) {
        let at = |name: &str| format!("TaskTemplate.ContainerSpec.Healthcheck.{name}");
        let none = Check::default();
        let Some(after) = &self.healthcheck else { return };
        let before = before.healthcheck.as_ref().unwrap_or(&none);
        body.put(&at("Test"), &before.test, &after.test);
        // What is no more wished is 0, the engine's word for its default.
        let or_zero = |there: Option<i64>, wanted: Option<i64>| wanted.or(there.map(|_| 0));
        body.put(&at("Interval"), &before.interval, &or_zero(before.interval, after.interval));
        body.put(&at("Timeout"), &before.timeout, &or_zero(before.timeout, after.timeout));
        body.put(&at("StartPeriod"), &before.start_period, &or_zero(before.start_period, after.start_period));
        body.put(&at("Retries"), &before.retries, &or_zero(before.retries, after.retries));
    }
}

//! Where the output goes.

use std::collections::BTreeMap;

use docker::container::Container as Inspect;
use serde::Serialize;
use serde_json::json;

use super::super::options::Options;
use super::body::Body;
use super::compare::Compare;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Logging {
    log_driver: Option<String>,
    log_options: Option<BTreeMap<String, String>>,
}

impl From<&Inspect> for Logging {
    fn from(inspect: &Inspect) -> Self {
        let log = &inspect.host_config.log_config;
        Logging { log_driver: Some(log.driver.clone()), log_options: Some(log.config.clone()) }
    }
}

impl Logging {
    pub fn overlay(&mut self, wish: &Options, compare: &Compare) {
        compare.value("log_driver", &mut self.log_driver, wish.log_driver.clone());
        let options = wish.log_options.clone().map(|options| options.values);
        compare.map("log_options", &mut self.log_options, options, []);
    }

    pub fn write(&self, body: &mut Body) {
        if let Some(driver) = &self.log_driver {
            let config = json!({ "Type": driver, "Config": self.log_options.clone().unwrap_or_default() });
            body.host_config.insert("LogConfig".to_owned(), config);
        }
    }
}

//! `device_*`: the limits of devices, and requests for those that a driver chooses.

use std::collections::{BTreeMap, BTreeSet};

use docker::container::DeviceRate;
use docker_module::{Size, Text};
use serde::Deserialize;

/// Bytes a second.
#[derive(Clone, Debug, Deserialize)]
pub struct DeviceSpeed {
    path: String,
    rate: Size,
}

/// Operations a second.
#[derive(Clone, Debug, Deserialize)]
pub struct DeviceOps {
    path: String,
    rate: i64,
}

impl From<DeviceSpeed> for DeviceRate {
    fn from(given: DeviceSpeed) -> Self {
        DeviceRate { path: given.path, rate: given.rate.0 }
    }
}

impl From<DeviceOps> for DeviceRate {
    fn from(given: DeviceOps) -> Self {
        DeviceRate { path: given.path, rate: given.rate }
    }
}

/// A set of limits, as it is compared.
pub fn rates<T: Clone + Into<DeviceRate>>(given: &Option<Vec<T>>) -> Option<BTreeSet<DeviceRate>> {
    given.as_ref().map(|given| given.iter().cloned().map(Into::into).collect())
}

/// Devices of a driver, such as GPUs. `None`: not said.
#[derive(Clone, Debug, Deserialize)]
pub struct DeviceRequest {
    capabilities: Option<Vec<Vec<Text>>>,
    count: Option<i64>,
    device_ids: Option<Vec<String>>,
    driver: Option<String>,
    options: Option<BTreeMap<String, Text>>,
}

impl DeviceRequest {
    /// Laid over a request that is there, or over an empty one.
    pub fn over(&self, there: docker::container::DeviceRequest) -> docker::container::DeviceRequest {
        let capabilities = |all: &Vec<Vec<Text>>| -> Vec<Vec<String>> {
            all.iter().map(|list| list.iter().map(|text| text.0.clone()).collect()).collect()
        };
        let options = |all: &BTreeMap<String, Text>| {
            all.iter().map(|(key, text)| (key.clone(), text.0.clone())).collect::<BTreeMap<_, _>>()
        };
        docker::container::DeviceRequest {
            driver: self.driver.clone().unwrap_or(there.driver),
            count: self.count.unwrap_or(there.count),
            device_ids: self.device_ids.clone().unwrap_or(there.device_ids),
            capabilities: self.capabilities.as_ref().map_or(there.capabilities, capabilities),
            options: self.options.as_ref().map_or(there.options, options),
        }
    }
}

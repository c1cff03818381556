//! Labels, capabilities, sysctls, and where the output goes.

use std::collections::{BTreeMap, BTreeSet};

use docker::ServiceSpec;
use docker_module::Text;
use serde::Serialize;

use super::super::options::Options;
use super::body::Body;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Isolation {
    labels: Option<BTreeMap<String, String>>,
    container_labels: Option<BTreeMap<String, String>>,
    cap_add: Option<BTreeSet<String>>,
    cap_drop: Option<BTreeSet<String>>,
    sysctls: Option<BTreeMap<String, String>>,
    log_driver: Option<String>,
    log_driver_options: Option<BTreeMap<String, String>>,
}

impl From<&ServiceSpec> for Isolation {
    fn from(spec: &ServiceSpec) -> Self {
        let container = &spec.task_template.container_spec;
        let log = spec.task_template.log_driver.as_ref();
        Isolation {
            labels: Some(spec.labels.clone()),
            container_labels: Some(container.labels.clone()),
            cap_add: Some(container.capability_add.iter().cloned().collect()),
            cap_drop: Some(container.capability_drop.iter().cloned().collect()),
            sysctls: Some(container.sysctls.clone()),
            log_driver: log.map(|log| log.name.clone()),
            log_driver_options: Some(log.map(|log| log.options.clone()).unwrap_or_default()),
        }
    }
}

impl Isolation {
    pub fn overlay(&mut self, wish: &Options) {
        self.labels = wish.labels.clone().map(|labels| labels.0).or(self.labels.take());
        self.container_labels = wish.container_labels.clone().map(|labels| labels.0).or(self.container_labels.take());
        self.cap_add = wish.cap_add.clone().or(self.cap_add.take());
        self.cap_drop = wish.cap_drop.clone().or(self.cap_drop.take());
        self.sysctls = wish.sysctls.as_ref().map(texts).or(self.sysctls.take());
        if let Some(log) = &wish.logging {
            self.log_driver = log.driver.clone().or(self.log_driver.take());
            self.log_driver_options = log.options.as_ref().map(texts).or(self.log_driver_options.take());
        }
    }

    pub fn write(&self, before: &Isolation, body: &mut Body) {
        body.put("Labels", &before.labels, &self.labels);
        body.put("TaskTemplate.ContainerSpec.Labels", &before.container_labels, &self.container_labels);
        body.put("TaskTemplate.ContainerSpec.CapabilityAdd", &before.cap_add, &self.cap_add);
        body.put("TaskTemplate.ContainerSpec.CapabilityDrop", &before.cap_drop, &self.cap_drop);
        body.put("TaskTemplate.ContainerSpec.Sysctls", &before.sysctls, &self.sysctls);
        body.put("TaskTemplate.LogDriver.Name", &before.log_driver, &self.log_driver);
        body.put("TaskTemplate.LogDriver.Options", &before.log_driver_options, &self.log_driver_options);
    }
}

fn texts(map: &BTreeMap<String, Text>) -> BTreeMap<String, String> {
    map.iter().map(|(name, text)| (name.clone(), text.0.clone())).collect()
}

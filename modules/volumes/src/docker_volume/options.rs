//! The options of `docker_volume`.

use std::collections::BTreeMap;

use docker_module::{Labels, Text};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub volume_name: String,
    pub driver: String,
    pub driver_options: BTreeMap<String, Text>,
    pub labels: Option<Labels>,
    pub recreate: Recreate,
    pub state: State,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recreate {
    Always,
    Never,
    OptionsChanged,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Absent,
    Present,
}

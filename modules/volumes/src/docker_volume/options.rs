//! The options of `docker_volume`.

use std::collections::BTreeMap;

use docker_module::{Labels, Text};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

#[derive(Debug, Deserialize)]
pub struct Options {
    #[serde(deserialize_with = "not_empty")]
    pub volume_name: String,
    pub driver: String,
    pub driver_options: BTreeMap<String, Text>,
    pub labels: Option<Labels>,
    pub recreate: Recreate,
    pub state: State,
}

/// Of an empty name the engine would make an anonymous volume, another one in each run.
fn not_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if name.is_empty() { Err(D::Error::custom("it is empty: give the volume's name")) } else { Ok(name) }
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

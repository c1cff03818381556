//! The options of `docker_compose_v2` that no other module has.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub state: State,
    pub pull: Pull,
    pub build: Build,
    pub dependencies: bool,
    pub ignore_build_events: bool,
    pub recreate: Recreate,
    pub renew_anon_volumes: bool,
    pub remove_images: Option<RemoveImages>,
    pub remove_volumes: bool,
    pub remove_orphans: bool,
    pub timeout: Option<i64>,
    #[serde(default)]
    pub services: Vec<String>,
    #[serde(default)]
    pub scale: BTreeMap<String, Value>,
    pub wait: bool,
    pub wait_timeout: Option<i64>,
    pub assume_yes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Absent,
    Stopped,
    Restarted,
    Present,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pull {
    Always,
    Missing,
    Never,
    Policy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Build {
    Always,
    Never,
    Policy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recreate {
    Always,
    Never,
    Auto,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemoveImages {
    All,
    Local,
}

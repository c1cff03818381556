//! The options of `docker_compose_v2_pull`.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub policy: Policy,
    pub ignore_buildable: bool,
    pub ignore_pull_failures: bool,
    pub include_deps: bool,
    #[serde(default)]
    pub services: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    Always,
    Missing,
}

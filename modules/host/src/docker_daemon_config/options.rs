//! The options of `docker_daemon_config`.

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Debug, Deserialize)]
pub struct Options {
    pub config: Map<String, Value>,
    pub exclusive: bool,
    pub apply: Apply,
    pub path: String,
    pub service: String,
    pub socket: String,
    pub timeout: u64,
    pub backup: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Apply {
    Auto,
    Nothing,
    Reload,
    Restart,
}

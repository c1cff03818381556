//! The options of `docker_compose_v2_exec` that no other module has.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub index: Option<i64>,
    pub privileged: bool,
}

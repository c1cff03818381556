//! The options of `docker_swarm_service_info`.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub name: String,
}

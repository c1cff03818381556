//! The options of `docker_container_info`.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub name: String,
}

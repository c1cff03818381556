//! The options of `docker_volume_info`.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub name: String,
}

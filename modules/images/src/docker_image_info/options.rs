//! The options of `docker_image_info`.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    #[serde(default)]
    pub name: Vec<String>,
}

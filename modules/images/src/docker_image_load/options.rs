//! The options of `docker_image_load`.

use std::path::PathBuf;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub path: PathBuf,
}

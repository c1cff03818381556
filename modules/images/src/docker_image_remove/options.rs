//! The options of `docker_image_remove`.

use ansible::Failure;
use docker_module::ImageReference;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    name: String,
    tag: String,
    pub force: bool,
    pub prune: bool,
}

impl Options {
    /// The image, or the name of it, that is to go.
    pub fn image(&self) -> Result<ImageReference, Failure> {
        ImageReference::new(&self.name, &self.tag)
    }
}

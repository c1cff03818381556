//! The options of `docker_image_push`.

use ansible::Failure;
use docker::ImageName;
use docker_module::ImageReference;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    name: String,
    tag: String,
}

impl Options {
    /// What to push.
    ///
    /// # Errors
    /// It is no name with a tag.
    pub fn image(&self) -> Result<ImageName, Failure> {
        match ImageReference::new(&self.name, &self.tag)? {
            ImageReference::Id(_) => Err(Failure::new("Cannot push an image by ID")),
            ImageReference::Name(name) if name.digest.is_some() => Err(Failure::new("Cannot push an image by digest")),
            ImageReference::Name(name) => match name.tag.as_deref() {
                Some(tag) if !ImageName::is_tag(tag) => {
                    Err(Failure::new(format!("\"{tag}\" is not a valid docker tag!")))
                }
                _ => Ok(name),
            },
        }
    }
}

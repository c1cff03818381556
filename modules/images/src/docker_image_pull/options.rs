//! The options of `docker_image_pull`.

use ansible::Failure;
use docker::{ImageName, Platform};
use docker_module::ImageReference;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    name: String,
    tag: String,
    pub platform: Option<String>,
    pub pull: Pull,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pull {
    Always,
    NotPresent,
    Newer,
}

impl Options {
    /// What to pull. A tag or digest in the name wins over `tag`.
    pub fn image(&self) -> Result<ImageName, Failure> {
        match ImageReference::new(&self.name, &self.tag)? {
            ImageReference::Id(_) => Err(Failure::new("Cannot pull an image by ID")),
            ImageReference::Name(name) => Ok(name),
        }
    }

    /// The platform to pull for, on an engine of that system and machine.
    pub fn platform_on(&self, (os, arch): &(String, String)) -> Result<Option<Platform>, Failure> {
        let parsed = self.platform.as_ref().map(|platform| Platform::parse(platform, os, arch)).transpose();
        parsed.map_err(|error| Failure::new(format!("`platform`: {error}")))
    }
}

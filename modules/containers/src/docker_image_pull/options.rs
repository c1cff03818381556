//! The options of `docker_image_pull`.

use ansible::Failure;
use docker::{ImageName, Platform};
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
        if ImageName::is_id(&self.name) {
            return Err(Failure::new("Cannot pull an image by ID"));
        }
        if !self.tag.is_empty() && !ImageName::is_tag(&self.tag) {
            return Err(Failure::new(format!("\"{}\" is not a valid docker tag!", self.tag)));
        }
        let tag = if self.tag.is_empty() { "latest" } else { &self.tag };
        Ok(ImageName::parse(&self.name).or_tag(tag))
    }

    /// The platform to pull for, on an engine of that system and machine.
    pub fn platform_on(&self, (os, arch): &(String, String)) -> Result<Option<Platform>, Failure> {
        let parsed = self.platform.as_ref().map(|platform| Platform::parse(platform, os, arch)).transpose();
        parsed.map_err(|error| Failure::new(format!("`platform`: {error}")))
    }
}

//! The options of `docker_image_export`.

use std::path::PathBuf;

use ansible::Failure;
use docker::{BadPlatform, Platform};
use docker_module::ImageReference;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    names: Vec<String>,
    tag: String,
    pub path: PathBuf,
    pub force: bool,
    pub platform: Option<String>,
}

impl Options {
    /// The images, each once.
    ///
    /// # Errors
    /// There is none, or `tag` can't be one.
    pub fn images(&self) -> Result<Vec<ImageReference>, Failure> {
        let mut images: Vec<ImageReference> = Vec::new();
        for name in &self.names {
            let image = ImageReference::new(name, &self.tag)?;
            if !images.contains(&image) {
                images.push(image);
            }
        }
        if images.is_empty() { Err(Failure::new("At least one image name must be specified")) } else { Ok(images) }
    }

    /// The platform, on an engine of that system and machine.
    ///
    /// # Errors
    /// It is none.
    pub fn platform_on(&self, (os, arch): &(String, String)) -> Result<Option<Platform>, Failure> {
        let parsed = self.platform.as_ref().map(|platform| Platform::parse(platform, os, arch)).transpose();
        parsed.map_err(|error: BadPlatform| Failure::new(format!("`platform`: {error}")))
    }
}

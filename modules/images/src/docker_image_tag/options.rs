//! The options of `docker_image_tag`.

use ansible::Failure;
use docker::ImageName;
use docker_module::ImageReference;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    name: String,
    tag: String,
    repository: Vec<String>,
    pub existing_images: ExistingImages,
}

/// What to do with a name that another image has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExistingImages {
    Keep,
    Overwrite,
}

impl Options {
    /// The image that gets the names.
    pub fn image(&self) -> Result<ImageReference, Failure> {
        ImageReference::new(&self.name, &self.tag)
    }

    /// The names, each with a tag.
    ///
    /// # Errors
    /// Names the entry that can't be a name with a tag.
    pub fn names(&self) -> Result<Vec<ImageName>, Failure> {
        let tag = if self.tag.is_empty() { "latest" } else { &self.tag };
        let name = |(index, text): (usize, &String)| {
            let refuse = |what: &str| Err(Failure::new(format!("repository[{}] {what}; got: {text}", index + 1)));
            let name = ImageName::parse(text).or_tag(tag);
            if ImageName::is_id(text) {
                return refuse("must not be an image ID");
            }
            if name.digest.is_some() {
                return refuse("must not have a digest");
            }
            if !name.tag.as_deref().is_some_and(ImageName::is_tag) {
                return refuse("must not have an invalid tag");
            }
            Ok(name)
        };
        self.repository.iter().enumerate().map(name).collect()
    }
}

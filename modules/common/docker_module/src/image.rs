//! Which image a task means: `name` and `tag`, or an ID.

use std::fmt;

use ansible::Failure;
use docker::{Credentials, Engine, ImageName};

/// An image as the options `name` and `tag` name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageReference {
    /// `sha256:` and 64 hexadecimal digits.
    Id(String),
    /// A name with a tag or a digest.
    Name(ImageName),
}

impl ImageReference {
    /// Reads the two options; a tag or a digest in the name wins over `tag`, an empty `tag` is `latest`.
    ///
    /// # Errors
    /// `tag` can't be one.
    pub fn new(name: &str, tag: &str) -> Result<Self, Failure> {
        if !tag.is_empty() && !ImageName::is_tag(tag) {
            return Err(Failure::new(format!("\"{tag}\" is not a valid docker tag!")));
        }
        if ImageName::is_id(name) || tag.is_empty() {
            return Ok(ImageReference::of(name));
        }
        Ok(ImageReference::Name(ImageName::parse(name).or_tag(tag)))
    }

    /// Reads a name or ID that stands alone; one with neither tag nor digest means `latest`.
    pub fn of(name: &str) -> Self {
        if ImageName::is_id(name) {
            ImageReference::Id(name.to_owned())
        } else {
            ImageReference::Name(ImageName::parse(name).or_tag("latest"))
        }
    }

    /// What the engine finds it by: of a name with a tag and a digest it knows the digest only.
    pub fn key(&self) -> String {
        match self {
            ImageReference::Name(ImageName { repository, tag: _, digest: Some(digest) }) => {
                format!("{repository}@{digest}")
            }
            whole => whole.to_string(),
        }
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageReference::Id(id) => f.write_str(id),
            ImageReference::Name(name) => name.fmt(f),
        }
    }
}

/// The digest that the name stands for at its registry now, asked with the login that a pull would send.
///
/// # Errors
/// The registry can't be asked, or has no such name.
pub async fn at_registry(engine: &Engine, name: &ImageName) -> Result<String, Failure> {
    let asked = engine.digest_at_registry(name, Credentials::for_image(name)?.as_ref()).await;
    asked.map_err(|error| Failure::new(format!("asking the registry what {name} stands for: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids() {
        let id = format!("sha256:{}", "0a".repeat(32));
        for (name, tag, shown, key) in [
            ("app", "", "app:latest", "app:latest"),
            ("app", "1", "app:1", "app:1"),
            ("h:5/app:2", "1", "h:5/app:2", "h:5/app:2"),
            ("app:2@sha256:d", "1", "app:2@sha256:d", "app@sha256:d"),
            ("h:5/app@sha256:d", "1", "h:5/app@sha256:d", "h:5/app@sha256:d"),
            ("h:5/app", "", "h:5/app:latest", "h:5/app:latest"),
            (&id, "1", &id, &id),
        ] {
            let image = ImageReference::new(name, tag).unwrap();
            assert_eq!((image.to_string().as_str(), image.key().as_str()), (shown, key));
        }
        assert!(ImageReference::new("app", "a/b").is_err());
    }
}

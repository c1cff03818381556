//! What `docker_image_remove` will do.

use std::collections::BTreeSet;
use std::fmt;

use ansible::{Failure, Plan};
use docker::{Image, ImageName};
use docker_module::ImageReference;
use serde::Serialize;
use serde_json::{Value, json};

use super::options::Options;

/// An image and its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize), serde(from = "Image"))]
pub struct Images {
    pub id: String,
    tags: BTreeSet<String>,
    digests: BTreeSet<String>,
}

impl From<Image> for Images {
    fn from(image: Image) -> Self {
        Images { id: image.id, tags: image.repo_tags, digests: image.repo_digests }
    }
}

impl Images {
    /// A side of the diff.
    pub fn side(image: Option<&Self>) -> Value {
        match image {
            Some(image) => json!({ "exists": true, "id": image.id, "tags": image.tags, "digests": image.digests }),
            None => json!({ "exists": false }),
        }
    }

    /// Every name.
    pub fn names(&self) -> BTreeSet<String> {
        self.tags.union(&self.digests).cloned().collect()
    }

    /// What is left without `name`. With the last tag of a repository its digests go too.
    fn without(&self, name: &ImageName) -> Option<Self> {
        let name = name.clone().familiar();
        let mut left = self.clone();
        if name.digest.is_some() {
            left.digests.remove(&ImageName { tag: None, ..name }.to_string());
        } else {
            left.tags.remove(&name.to_string());
            let in_repository = |other: &String| ImageName::parse(other).repository == name.repository;
            if !left.tags.iter().any(in_repository) {
                left.digests.retain(|digest| !in_repository(digest));
            }
        }
        Some(left).filter(|left| !left.names().is_empty())
    }

    /// Whether all its names are one tag and digests of the same repository.
    fn has_one_name(&self) -> bool {
        let repositories: BTreeSet<String> =
            self.names().iter().map(|name| ImageName::parse(name).repository).collect();
        self.tags.len() <= 1 && repositories.len() <= 1
    }
}

/// One engine call.
#[derive(Debug)]
pub enum Action {
    Remove { image: ImageReference, force: bool, prune: bool },
}

/// The peer's sentence, which plays compare with. The alternate form leads the error when it fails.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Action::Remove { image, .. } = self;
        f.write_str(if f.alternate() { "Error removing image " } else { "Removed image " })?;
        image.fmt(f)
    }
}

/// # Errors
/// Those of [`remove`].
pub fn plan(options: &Options, observed: Option<&Images>) -> Result<Plan<Images, Action>, Failure> {
    remove(options.image()?, (options.force, "force"), options.prune, observed)
}

/// Takes a name off an image, or removes it by its ID; `force` is with the name of its option.
///
/// # Errors
/// The image has several names, and is to go by its ID without `force`.
pub fn remove(
    image: ImageReference,
    (force, option): (bool, &str),
    prune: bool,
    observed: Option<&Images>,
) -> Result<Plan<Images, Action>, Failure> {
    let Some(there) = observed else { return Ok(Plan { before: None, after: None, actions: vec![] }) };
    let after = match &image {
        ImageReference::Id(_) if !force && !there.has_one_name() => {
            return Err(Failure::new(format!("Cannot delete image by ID that is still in use - use {option}=true")));
        }
        ImageReference::Id(_) => None,
        ImageReference::Name(name) => there.without(name),
    };
    let action = Action::Remove { image, force, prune };
    // By another name the image stays there; by this one nothing is found any more.
    Ok(Plan { before: Some(there.clone()), after, actions: vec![action] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Images>| plan(options, observed),
            // The name that was asked for finds nothing afterwards, whatever other names are left.
            |_, _| None,
        );
    }
}

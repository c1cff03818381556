//! What `docker_image_tag` will do.

use std::collections::BTreeMap;
use std::fmt;

use ansible::{Failure, Plan};
use docker::ImageName;
use serde::Serialize;

use super::options::{ExistingImages, Options};

/// IDs of images.
#[derive(Debug, Default)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub struct Observed {
    /// The image that gets the names.
    pub image: String,
    /// What the names stand for now; one that stands for nothing is not in it.
    pub names: BTreeMap<String, String>,
}

/// What each name stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Names {
    /// `None`: nothing.
    pub images: BTreeMap<String, Option<String>>,
}

/// One engine call.
#[derive(Debug)]
pub struct Action {
    /// The ID of the image.
    pub image: String,
    pub name: ImageName,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if f.alternate() { "Error tagging image " } else { "Tagged image " })?;
        write!(f, "{} as {}", self.image, self.name)
    }
}

/// # Errors
/// Those of [`Options::names`].
pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<Names, Action>, Failure> {
    let names = options.names()?;
    let stands_for = |name: &ImageName| observed.names.get(&name.to_string());
    let before = names.iter().map(|name| (name.to_string(), stands_for(name).cloned())).collect();
    let wanted: Vec<ImageName> = names
        .into_iter()
        .filter(|name| match (stands_for(name), options.existing_images) {
            (None, _) => true,
            (Some(_), ExistingImages::Keep) => false,
            (Some(there), ExistingImages::Overwrite) => *there != observed.image,
        })
        .collect();
    let before = Names { images: before };
    let mut after = before.clone();
    after.images.extend(wanted.iter().map(|name| (name.to_string(), Some(observed.image.clone()))));
    let actions = wanted.into_iter().map(|name| Action { image: observed.image.clone(), name }).collect();
    Ok(Plan { before: Some(before), after: Some(after), actions })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| plan(options, observed.unwrap_or(&Observed::default())),
            |observed, after| {
                let names = after?.images.into_iter().filter_map(|(name, image)| Some((name, image?))).collect();
                Some(Observed { names, ..observed.unwrap_or_default() })
            },
        );
    }
}

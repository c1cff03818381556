//! What `docker_image` will do, in two stages: what the image's source gives decides on the rest.

mod follow;
mod source;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use docker::Image;
use docker::build::Build;
use docker::image_archive::ArchivedImage;
use serde::Serialize;

pub use self::follow::follow;
pub use self::source::{check_loaded, source};
use crate::docker_image_export::plan::{self as export, Archive, Contents};
use crate::docker_image_pull::plan as pull;
use crate::docker_image_push::plan as push;
use crate::docker_image_tag::plan as tag;

/// What is there before a stage.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(serde::Deserialize), serde(default))]
pub struct Observed {
    /// The image under the name or ID.
    pub image: Option<Image>,
    /// Whether another one will have the name that nobody knows yet: check mode's second stage.
    pub foreseen: bool,
    /// What the name stands for at the registry, where that decides whether to pull.
    pub at_source: Option<String>,
    /// What is in the archive that is to be loaded; `None`: it is compressed, or not needed.
    pub loadable: Option<Vec<ArchivedImage>>,
    /// The variables of the proxies that the build gets.
    pub proxies: BTreeMap<String, String>,
    /// What is at `archive_path`.
    pub archive: Archive,
    /// The image under the name `repository`.
    pub tagged: Option<Image>,
    /// The digest that the name to push stands for at its registry.
    pub at_registry: Option<String>,
}

/// What the options speak of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct State {
    /// The ID of the image.
    pub image: Option<String>,
    /// What the archive has.
    pub archive: Option<Contents>,
    /// The ID of the image that has the name `repository`.
    pub repository: Option<String>,
    /// The digest of what was pushed.
    pub at_registry: Option<String>,
}

/// What nobody knows before it is done.
pub const UNKNOWN: &str = "unknown";

/// One engine call.
#[derive(Debug)]
pub enum Action {
    Build { build: Box<Build>, path: PathBuf, dockerfile: Option<PathBuf> },
    Load { name: String, path: PathBuf },
    Pull(pull::Action),
    Archive(export::Action),
    Tag(tag::Action),
    Push(push::Action),
}

/// The peer's sentences, or near to them. The alternate form leads the error when it fails.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Build { build, path, .. } => {
                f.write_str(if f.alternate() { "Error building " } else { "Built image " })?;
                write!(f, "{} from {}", build.name, path.display())
            }
            Action::Load { name, path } => {
                f.write_str(if f.alternate() { "Error loading image " } else { "Loaded image " })?;
                write!(f, "{name} from {}", path.display())
            }
            Action::Pull(action) => action.fmt(f),
            Action::Archive(action) => action.fmt(f),
            Action::Tag(action) => action.fmt(f),
            Action::Push(action) => action.fmt(f),
        }
    }
}

impl Observed {
    /// The same in the options' words.
    pub fn state(&self) -> State {
        let archive = match &self.archive {
            Archive::Nothing => None,
            Archive::Unreadable => Some(Contents { images: None }),
            Archive::Images(images) => Some(Contents::of(images, self.image.as_ref().map(|image| image.id.as_str()))),
        };
        State {
            image: self.image.as_ref().map(|image| image.id.clone()),
            archive,
            repository: self.tagged.as_ref().map(|image| image.id.clone()),
            at_registry: self.at_registry.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ansible::Plan;

    use super::super::options::Options;
    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| {
                let mut observed = observed.cloned().unwrap_or_default();
                let before = observed.state();
                let mut actions = source(options, &observed)?;
                observed.foreseen = !actions.is_empty();
                let Plan { after, actions: more, .. } = follow(options, &observed)?;
                actions.extend(more);
                Ok(Plan { before: Some(before), after, actions })
            },
            settled,
        );
    }

    /// What would be observed afterwards.
    fn settled(observed: Option<Observed>, after: Option<State>) -> Option<Observed> {
        let (observed, after) = (observed.unwrap_or_default(), after?);
        let image = |id: String| match &observed.image {
            Some(same) if same.id == id => same.clone(),
            _ => Image { id, ..Image::default() },
        };
        let archived =
            |item: export::Item| ArchivedImage { ids: [item.id].into(), names: item.names, ..ArchivedImage::default() };
        let archive = match after.archive.clone() {
            Some(Contents { images: Some(images) }) => Archive::Images(images.into_iter().map(archived).collect()),
            Some(Contents { images: None }) | None => Archive::Nothing,
        };
        Some(Observed {
            image: after.image.map(image),
            archive,
            tagged: after.repository.map(image),
            at_registry: after.at_registry.clone(),
            ..observed
        })
    }
}

//! What `docker_image_export` will do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use ansible::{Failure, Plan};
use docker::image_archive::ArchivedImage;
use docker::{ImageName, Platform};
use docker_module::ImageReference;
use serde::Serialize;

use super::options::Options;

/// What is there before.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(serde::Deserialize), serde(default))]
pub struct Observed {
    pub archive: Archive,
    /// The images' IDs, in the order of the option.
    pub ids: Vec<String>,
    /// The system and machine that the engine runs on, where `platform` is given.
    pub engine: Option<(String, String)>,
}

/// What is at the archive's place.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum Archive {
    #[default]
    Nothing,
    /// A file that is no archive, or does not tell what is in it.
    Unreadable,
    Images(Vec<ArchivedImage>),
}

/// What the archive has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contents {
    /// `None`: nobody knows.
    pub images: Option<BTreeSet<Item>>,
}

impl Contents {
    /// What an archive has; an image whose ID on the engine is `known` is told by that one of its IDs.
    pub fn of(images: &[ArchivedImage], known: Option<&str>) -> Self {
        let ids = known.map(str::to_owned).into_iter().collect();
        let wanted = Wanted { images: vec![], ids, platform: None, force: false };
        Contents { images: Some(images.iter().map(|image| wanted.item(image)).collect()) }
    }
}

/// An image in an archive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Item {
    pub id: String,
    pub names: BTreeSet<String>,
    /// Where `platform` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
}

/// What an archive is to have.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What the engine is asked for.
    pub images: Vec<ImageReference>,
    /// Their IDs; one that only a later pull or build tells is not in it, and makes any archive an old one.
    pub ids: Vec<String>,
    pub platform: Option<Platform>,
    pub force: bool,
}

/// One engine call.
#[derive(Debug)]
pub struct Action {
    pub images: Vec<ImageReference>,
    pub platform: Option<Platform>,
    pub path: PathBuf,
    reason: String,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.images.iter().map(ToString::to_string).collect();
        let (names, path) = (names.join(", "), self.path.display());
        if f.alternate() {
            return write!(f, "Error writing image archive {path} of {names}");
        }
        let many = if self.images.len() > 1 { "s" } else { "" };
        write!(f, "Archived image{many} {names} to {path}, {}", self.reason)
    }
}

pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<Contents, Action>, Failure> {
    let wanted = Wanted {
        images: options.images()?,
        ids: observed.ids.clone(),
        platform: observed.engine.as_ref().map(|here| options.platform_on(here)).transpose()?.flatten(),
        force: options.force,
    };
    Ok(export(wanted, &observed.archive, &options.path))
}

/// Brings an archive to what is wanted.
pub fn export(wanted: Wanted, there: &Archive, path: &Path) -> Plan<Contents, Action> {
    let after = wanted.contents();
    let before = match there {
        Archive::Nothing => None,
        Archive::Unreadable => Some(Contents { images: None }),
        Archive::Images(images) => {
            Some(Contents { images: Some(images.iter().map(|image| wanted.item(image)).collect()) })
        }
    };
    let is_current = match there {
        Archive::Images(_) => before.as_ref().is_some_and(|before| before.images == after.images),
        Archive::Nothing | Archive::Unreadable => false,
    };
    if is_current && !wanted.force {
        return Plan { after: before.clone(), before, actions: vec![] };
    }
    let reason = match there {
        Archive::Nothing => "since none is there".to_owned(),
        Archive::Unreadable => "overwriting a file that does not tell its images".to_owned(),
        Archive::Images(_) if is_current => "overwriting the same by force".to_owned(),
        Archive::Images(images) => {
            let shown = |image: &ArchivedImage| {
                let mut words = image.names.iter().cloned().collect::<Vec<_>>();
                if words.is_empty() {
                    words.extend(image.ids.first().cloned());
                }
                words.join(" ")
            };
            let shown: Vec<String> = images.iter().map(shown).collect();
            format!("overwriting an archive of {}", if shown.is_empty() { "nothing".into() } else { shown.join(", ") })
        }
    };
    let action = Action { images: wanted.images, platform: wanted.platform, path: path.to_owned(), reason };
    Plan { before, after: Some(after), actions: vec![action] }
}

impl Wanted {
    /// What the engine will write: each image once, with the names by which it was asked for.
    fn contents(&self) -> Contents {
        if self.ids.len() < self.images.len() {
            return Contents { images: None };
        }
        let mut images: BTreeMap<&String, BTreeSet<String>> = BTreeMap::new();
        for (image, id) in self.images.iter().zip(&self.ids) {
            let names = images.entry(id).or_default();
            match image {
                ImageReference::Name(name) if name.digest.is_none() => {
                    names.insert(name.clone().familiar().to_string());
                }
                // By a digest the engine does not name it.
                ImageReference::Name(ImageName { .. }) | ImageReference::Id(_) => {}
            }
        }
        let platform = self.platform.as_ref().map(ToString::to_string);
        let item =
            |(id, names): (&String, BTreeSet<String>)| Item { id: id.clone(), names, platform: platform.clone() };
        Contents { images: Some(images.into_iter().map(item).collect()) }
    }

    /// An image of the archive, by the ID that it is asked for if that is one of its own.
    fn item(&self, image: &ArchivedImage) -> Item {
        let known = self.ids.iter().find(|id| image.ids.contains(*id)).or_else(|| image.ids.first());
        let platform = self.platform.is_some().then(|| image.platform.clone());
        Item { id: known.cloned().unwrap_or_default(), names: image.names.clone(), platform }
    }
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
                let (observed, after) = (observed?, after?);
                let platform = observed.engine.as_ref().map_or_else(String::new, |(os, arch)| format!("{os}/{arch}"));
                let archived =
                    |item: Item| ArchivedImage { ids: [item.id].into(), names: item.names, platform: platform.clone() };
                let images = after.images?.into_iter().map(archived).collect();
                Some(Observed { archive: Archive::Images(images), ..observed })
            },
        );
    }
}

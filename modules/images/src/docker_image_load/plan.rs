//! What `docker_image_load` will do.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use ansible::{Failure, Plan};
use docker::image_archive::ArchivedImage;
use serde::Serialize;

use super::options::Options;

/// What is there before.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(serde::Deserialize), serde(default))]
pub struct Observed {
    /// What is in the archive. `None`: it is compressed.
    pub archive: Option<Vec<ArchivedImage>>,
    /// What its names stand for now; one that stands for nothing is not in it.
    pub names: BTreeMap<String, String>,
}

/// What each name stands for.
#[derive(Clone, Debug, Serialize)]
pub struct Names {
    pub images: BTreeMap<String, Option<String>>,
}

/// One engine call.
#[derive(Debug)]
pub struct Action {
    pub path: PathBuf,
    /// As far as the archive tells.
    names: Vec<String>,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        if f.alternate() {
            return write!(f, "Error loading archive {path}");
        }
        match self.names.as_slice() {
            [] => write!(f, "Loaded the images of {path}"),
            names => write!(f, "Loaded {} from {path}", names.join(", ")),
        }
    }
}

/// The names that an image gets, or its ID where it gets none.
pub fn names(image: &ArchivedImage) -> Vec<String> {
    if image.names.is_empty() {
        image.ids.first().cloned().into_iter().collect()
    } else {
        image.names.iter().cloned().collect()
    }
}

pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<Names, Action>, Failure> {
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    for image in observed.archive.iter().flatten() {
        for name in names(image) {
            let there = observed.names.get(&name);
            // Which of its IDs the engine will take, its image store decides.
            let stays = there.filter(|id| image.ids.contains(*id)).cloned();
            after.insert(name.clone(), Some(stays.unwrap_or_else(|| "as in the archive".to_owned())));
            before.insert(name, there.cloned());
        }
    }
    let action = Action { path: options.path.clone(), names: before.keys().cloned().collect() };
    Ok(Plan { before: Some(Names { images: before }), after: Some(Names { images: after }), actions: vec![action] })
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
            |observed, _| observed,
        );
    }
}

//! What is in the archive, and what the engine has under its names.

use std::fs::File;
use std::path::Path;

use ansible::Failure;
use docker::Engine;
use docker::image_archive::{ArchivedImage, images_in};
use serde_json::Value;

use super::NO_IMAGES;
use super::plan::{Observed, names};

/// Reads, changes nothing. The second part is the images that the engine has already, as it gave them.
///
/// # Errors
/// There is no such file, or it is no archive.
pub async fn observe(engine: &Engine, path: &Path) -> Result<(Observed, Vec<Value>), Failure> {
    let mut observed = Observed { archive: archived(path)?, ..Observed::default() };
    let mut raw = Vec::new();
    for image in observed.archive.iter().flatten() {
        for name in names(image) {
            if let Some(there) = engine.image(&name).await? {
                raw.extend(image.ids.contains(&there.typed.id).then_some(there.raw));
                observed.names.insert(name, there.typed.id);
            }
        }
    }
    Ok((observed, raw))
}

/// The images of an archive that is to be loaded; `None` where it does not tell.
///
/// # Errors
/// There is no such file, or it is no archive.
pub fn archived(path: &Path) -> Result<Option<Vec<ArchivedImage>>, Failure> {
    let file = open(path)?;
    images_in(&file).map_err(|error| Failure::new(NO_IMAGES).with("reason", error.to_string()))
}

/// Opens an archive.
///
/// # Errors
/// Names the file.
pub fn open(path: &Path) -> Result<File, Failure> {
    let failed = |reason: String| Failure::new(format!("Error opening archive {} - {reason}", path.display()));
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    let facts = file.metadata().map_err(|error| failed(error.to_string()))?;
    if facts.is_dir() { Err(failed("it is a folder".to_owned())) } else { Ok(file) }
}

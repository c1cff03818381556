//! One engine call for each action.

use std::path::Path;

use ansible::Failure;
use docker::Engine;
use docker::image_archive::Loaded;
use serde_json::Value;

use super::NO_IMAGES;
use super::observe::open;

/// Loads an archive.
///
/// # Errors
/// The engine loads nothing from it, or does not like a part of it.
pub async fn load(engine: &Engine, path: &Path) -> Result<Loaded, Failure> {
    let loaded = engine.load_images(open(path)?).await?;
    let said = loaded.said.trim_end().to_owned();
    if loaded.names.is_empty() {
        return Err(Failure::new(NO_IMAGES).verbatim().with("stdout", said).with("reason", loaded.failed));
    }
    match &loaded.failed {
        Some(reason) => Err(Failure::new(reason).with("stdout", said)),
        None => Ok(Loaded { said, ..loaded }),
    }
}

/// The loaded images as the engine has them: name, ID, and its own words.
pub async fn inspect(engine: &Engine, names: &[String]) -> Result<Vec<(String, String, Value)>, Failure> {
    let mut images = Vec::new();
    for name in names {
        // One that somebody removed meanwhile is no more.
        images.extend(engine.image(name).await?.map(|image| (name.clone(), image.typed.id, image.raw)));
    }
    Ok(images)
}

//! What `docker_image_export` needs to know of the engine, and of the archive that may be there.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use ansible::Failure;
use docker::image_archive::images_in;
use docker::{ApiVersion, Engine};
use docker_module::{ImageReference, require_api};
use serde_json::Value;

use super::options::Options;
use super::plan::{Archive, Observed};

/// Reads, changes nothing. The second part is the images as the engine gave them.
///
/// # Errors
/// There is no such image, or there can't be an archive at `path`.
pub async fn observe(
    engine: &Engine,
    options: &Options,
    images: &[ImageReference],
) -> Result<(Observed, Vec<Value>), Failure> {
    let mut observed = Observed { archive: archive_at(&options.path)?, ..Observed::default() };
    let mut platform = None;
    if options.platform.is_some() {
        require_api(engine, &[("platform", ApiVersion::new(1, 48))])?;
        let server = engine.server().await?;
        let here = (server.os.clone(), server.arch.clone());
        platform = options.platform_on(&here)?;
        observed.engine = Some(here);
    }
    let mut raw = Vec::new();
    for image in images {
        let none = || Failure::new(format!("Image {image} not found"));
        let mut found = engine.image(&image.key()).await?.ok_or_else(none)?;
        if let Some(platform) = &platform
            && engine.api_version() >= Engine::INSPECTS_FOR_PLATFORM
        {
            let none = || Failure::new(format!("Image {image} not found for {platform}"));
            found = engine.image_for(&image.key(), platform).await?.ok_or_else(none)?;
        }
        observed.ids.push(found.typed.id);
        raw.push(found.raw);
    }
    Ok((observed, raw))
}

/// What is at an archive's place.
///
/// # Errors
/// There can't be an archive.
pub fn archive_at(path: &Path) -> Result<Archive, Failure> {
    let shown = path.display();
    let refuse = |reason: &str| Err(Failure::new(format!("Error writing image archive {shown} - {reason}")));
    match path.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
                refuse(&format!("there is no folder {}", folder.display()))
            }
            _ => Ok(Archive::Nothing),
        },
        Err(error) => refuse(&error.to_string()),
        Ok(facts) if !facts.is_file() => refuse("there is something that is no file"),
        // One that can't be read may be one that can be replaced.
        Ok(_) => Ok(match File::open(path).and_then(|file| images_in(&file)) {
            Ok(Some(images)) => Archive::Images(images),
            Ok(None) | Err(_) => Archive::Unreadable,
        }),
    }
}

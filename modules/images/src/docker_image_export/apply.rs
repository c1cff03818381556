//! One engine call for each action.

use ansible::Failure;
use docker::image_archive::images_in;
use docker::{Access, Engine, WholeFile};

use super::plan::Action;

pub async fn apply(engine: &Engine, action: &Action) -> Result<(), Failure> {
    let names: Vec<String> = action.images.iter().map(|image| image.key()).collect();
    let mut archive = WholeFile::create(&action.path, Access::Usual)?;
    engine.save_images(&names, action.platform.as_ref(), archive.file()).await?;
    // An engine that fails on the way has no other means to say so than to break off.
    let whole = std::io::Seek::rewind(archive.file()).and_then(|()| images_in(archive.file()));
    whole.map_err(|error| Failure::new(format!("the engine broke off ({error}); its log tells why")))?;
    Ok(archive.into_place()?)
}

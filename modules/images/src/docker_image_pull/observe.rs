//! What `docker_image_pull` needs to know of the engine and of the registry.

use ansible::Failure;
use docker::{Engine, Image, ImageName, Inspected};
use docker_module::{ImageReference, at_registry};

use super::options::{Options, Pull};
use super::plan::Observed;

/// Reads, changes nothing. The second part is the image as the engine gave it.
pub async fn observe(
    engine: &Engine,
    options: &Options,
    name: &ImageName,
) -> Result<(Observed, Option<serde_json::Value>), Failure> {
    let mut image = local(engine, name).await?;
    let mut runs_on = None;
    if options.platform.is_some() {
        let server = engine.server().await?;
        let here = (server.os.clone(), server.arch.clone());
        if let Some(wanted) = options.platform_on(&here)?
            && image.as_ref().is_some_and(|image| image.typed.platform() != wanted)
        {
            image = engine.image_for(&name.to_string(), &wanted).await?.or(image);
        }
        runs_on = Some(here);
    }
    let at_registry = match options.pull {
        // A digest names the same content for ever: what is here need not be asked for.
        Pull::Newer if name.digest.is_none() || image.is_none() => Some(at_registry(engine, name).await?),
        Pull::Newer | Pull::Always | Pull::NotPresent => None,
    };
    let (typed, raw) = image.map(|image| (image.typed, image.raw)).unzip();
    Ok((Observed { image: typed, engine: runs_on, at_registry }, raw))
}

/// The image that the name stands for on the engine.
pub async fn local(engine: &Engine, name: &ImageName) -> Result<Option<Inspected<Image>>, Failure> {
    Ok(engine.image(&ImageReference::Name(name.clone()).key()).await?)
}

//! What `docker_image_push` needs to know of the engine and of the registry.

use ansible::Failure;
use docker::{Credentials, Engine, ImageName};
use serde_json::Value;

use super::plan::Observed;

/// Reads, changes nothing. The second part is the image as the engine gave it.
///
/// # Errors
/// There is no such image.
pub async fn observe(engine: &Engine, name: &ImageName) -> Result<(Observed, Value), Failure> {
    let image = engine.image(&name.to_string()).await?;
    let image = image.ok_or_else(|| Failure::new(format!("Cannot find image {name}")))?;
    // When the registry can't be asked, the push itself says why.
    let at_registry = engine.digest_at_registry(name, Credentials::for_image(name)?.as_ref()).await.ok();
    Ok((Observed { image: image.typed, at_registry }, image.raw))
}

//! What the engine has under the names.

use std::collections::BTreeMap;

use ansible::Failure;
use docker::{Engine, ImageName};
use docker_module::ImageReference;
use serde_json::Value;

use super::plan::Observed;

/// Reads, changes nothing. The second part is the image as the engine gave it.
///
/// # Errors
/// There is no such image.
pub async fn observe(
    engine: &Engine,
    image: &ImageReference,
    names: &[ImageName],
) -> Result<(Observed, Value), Failure> {
    let found = engine.image(&image.key()).await?;
    let found = found.ok_or_else(|| Failure::new(format!("Cannot find image {image}")))?;
    let mut observed = Observed { image: found.typed.id, names: BTreeMap::new() };
    for name in names {
        let name = name.to_string();
        if let Some(there) = engine.image(&name).await? {
            observed.names.insert(name, there.typed.id);
        }
    }
    Ok((observed, found.raw))
}

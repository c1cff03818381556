//! What `docker_prune` needs to know of the engine: only the kinds that it was asked to prune, and who uses them.

use std::collections::BTreeSet;

use ansible::Failure;
use docker::{ApiVersion, Engine};
use serde_json::Value;

use super::options::Options;
use super::plan::Observed;

/// Since this API only volumes without a name go, unless all are asked for.
const NAMED_VOLUMES_STAY: ApiVersion = ApiVersion::new(1, 42);

/// Reads, changes nothing.
pub async fn observe(engine: &Engine, options: &Options) -> Result<Observed, Failure> {
    let mut observed =
        Observed { named_volumes_stay: engine.api_version() >= NAMED_VOLUMES_STAY, ..Observed::default() };
    if options.asks_for_the_time() {
        // The engine reads its own clock, which may be another than ours.
        let info = engine.get("/info", &[]).await?;
        observed.time = info.get("SystemTime").and_then(Value::as_str).map(str::to_owned);
    }
    if options.containers || options.images || options.volumes {
        observed.containers = engine.listed_containers(options.containers).await?;
    }
    if options.images {
        observed.images = engine.listed_images().await?;
    }
    if options.networks {
        observed.networks = engine.listed_networks().await?;
    }
    if options.volumes {
        observed.volumes = engine.listed_volumes().await?;
    }
    if options.builder_cache {
        observed.cache = engine.listed_cache().await?;
    }
    Ok(observed)
}

/// Fills in the layers that tell how many bytes go with the images of these IDs: their own, and those of images that
/// stay and may have the same.
pub async fn look_at_layers(engine: &Engine, observed: &mut Observed, gone: &BTreeSet<String>) -> Result<(), Failure> {
    for image in &mut observed.images {
        if gone.contains(&image.id) {
            image.layers = engine.layers_with_sizes(&image.id).await?;
        } else if image.shared_size != Some(0) {
            image.layers = engine.layers(&image.id).await?;
        }
    }
    Ok(())
}

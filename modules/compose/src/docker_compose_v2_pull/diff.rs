//! The diff: which images there are under the services' names.

use std::collections::BTreeMap;

use ansible::{Failure, Outcome};
use docker::Engine;
use serde_json::{Map, Value, json};

use super::options::{Options, Policy};
use crate::cli::Compose;

/// IDs by name; `None`: there is none.
pub type Images = BTreeMap<String, Option<String>>;

/// The images that the task speaks of.
///
/// # Errors
/// The plug-in can't be started, or the engine not be reached.
pub async fn observe(compose: &Compose<'_>, engine: &Engine, options: &Options) -> Result<Images, Failure> {
    let rendered = compose.rendered().await?;
    let services: Vec<String> = match options.services.as_slice() {
        [] => rendered.services().map(str::to_owned).collect(),
        named if options.include_deps => rendered.with_dependencies(named).into_iter().collect(),
        named => named.to_vec(),
    };
    let mut images = Images::new();
    for service in services {
        let buildable = !rendered.config["services"][&service]["build"].is_null();
        if options.ignore_buildable && buildable {
            continue;
        }
        let name = rendered.image(&service);
        let there = engine.image(&name).await?.map(|image| image.typed.id);
        images.insert(name, there);
    }
    Ok(images)
}

/// What a pull will bring: nobody has asked the registry yet.
pub fn foresee(options: &Options, found: Images) -> Images {
    let pulled = |there: Option<String>| match (options.policy, there) {
        (Policy::Missing, Some(id)) => Some(id),
        _ => Some("unknown".to_owned()),
    };
    found.into_iter().map(|(name, there)| (name, pulled(there))).collect()
}

/// Adds what differs.
pub fn add(outcome: Outcome, before: Option<Images>, after: Option<Images>) -> Outcome {
    let (Some(before), Some(after)) = (before, after) else { return outcome };
    let side = |all: &Images, other: &Images| -> Map<String, Value> {
        let differing = all.iter().filter(|(name, id)| other.get(*name) != Some(*id));
        let shown = |id: &Option<String>| id.as_ref().map_or(json!({ "exists": false }), |id| json!({ "id": id }));
        differing.map(|(name, id)| (name.clone(), shown(id))).collect()
    };
    outcome.with_diff(json!({ "before": side(&before, &after), "after": side(&after, &before) }))
}

//! The disk usage: `GET /system/df`.

use docker::{ApiVersion, Engine, Error};
use serde_json::{Value, json};

/// Since this API the engine puts each kind of objects in an object of its own, and lists them only when asked to.
const GROUPED: ApiVersion = ApiVersion::new(1, 52);

/// What the engine's objects take on disk; brief: the bytes of the images' layers only.
pub async fn usage(engine: &Engine, verbose: bool) -> Result<Value, Error> {
    let query: &[_] = if verbose && engine.api_version() >= GROUPED { &[("verbose", "1")] } else { &[] };
    let usage = ungrouped(engine.get("/system/df", query).await?);
    Ok(if verbose { usage } else { json!({ "LayersSize": usage.get("LayersSize") }) })
}

/// The answer with the fields that it had before they were grouped, beside the new ones.
fn ungrouped(mut usage: Value) -> Value {
    let older = [
        ("LayersSize", "/ImageUsage/TotalSize"),
        ("Images", "/ImageUsage/Items"),
        ("Containers", "/ContainerUsage/Items"),
        ("Volumes", "/VolumeUsage/Items"),
        ("BuildCache", "/BuildCacheUsage/Items"),
    ];
    for (name, place) in older {
        if let (None, Some(value)) = (usage.get(name), usage.pointer(place).cloned()) {
            usage[name] = value;
        }
    }
    usage
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_engines_answer_with_the_old_fields_too() {
        let new = json!({"ImageUsage": {"TotalSize": 7, "Items": [{"Id": "a"}]}, "VolumeUsage": {"TotalSize": 1}});
        let usage = ungrouped(new.clone());
        assert_eq!((&usage["LayersSize"], &usage["Images"]), (&json!(7), &json!([{"Id": "a"}])));
        assert_eq!((&usage["ImageUsage"], usage.get("Volumes")), (&new["ImageUsage"], None));
        let old = json!({"LayersSize": 7, "Images": null});
        assert_eq!(ungrouped(old.clone()), old);
    }
}

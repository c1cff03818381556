//! The result's `diff`, with what plays that were written for the peer read in it beside `before` and `after`.

use ansible::Plan;
use serde_json::{Map, Value, json};

use super::{Action, Container};

/// The plan's diff, each key of which is under both `before` and `after`; and in it: `differences`, the options for which a container is replaced; `image_different` where its
/// image is one reason; `running` and `restarted`, also where the container runs before and after.
pub fn diff(plan: &Plan<Container, Action>) -> Value {
    let mut diff = plan.diff();
    if let (Some(there), Some(wanted)) = (&plan.before, &plan.after) {
        let (before, after) = (part(&diff, "before"), part(&diff, "after"));
        for key in before.keys().chain(after.keys()) {
            for part in ["before", "after"] {
                if diff[part].get(key).is_none() {
                    diff[part][key] = Value::Null;
                }
            }
        }
        let about_options = |key: &str| !["running", "paused", "image", "image_name"].contains(&key);
        let differences: Vec<Value> = after
            .keys()
            .chain(before.keys().filter(|key| !after.contains_key(*key)))
            .filter(|key| about_options(key))
            .map(|key| json!({ key: { "parameter": after.get(key), "container": before.get(key) } }))
            .collect();
        if plan.actions.iter().any(|action| matches!(action, Action::Create(_))) {
            diff["differences"] = differences.into();
        }
        if there.image != wanted.image {
            diff["image_different"] = true.into();
        }
    }
    let restarts = plan.actions.iter().any(|action| matches!(action, Action::Restart { .. }));
    if restarts || plan.actions.iter().any(|action| matches!(action, Action::Start { .. })) {
        let runs = |container: &Option<Container>| container.as_ref().is_some_and(|container| container.running);
        (diff["before"]["running"], diff["after"]["running"]) = (runs(&plan.before).into(), runs(&plan.after).into());
    }
    if restarts {
        (diff["before"]["restarted"], diff["after"]["restarted"]) = (false.into(), true.into());
    }
    diff
}

fn part(diff: &Value, name: &str) -> Map<String, Value> {
    diff[name].as_object().cloned().unwrap_or_default()
}

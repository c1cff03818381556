//! A service's specification in one form, whether it comes from a file or from the engine: names in place of IDs, sets
//! in order, and nothing that is the engine's default.

use serde_json::{Map, Value, json};

use super::Observed;

/// The value that means the same as none.
fn usual(path: &str) -> Option<Value> {
    Some(match path {
        "/TaskTemplate/Runtime" => json!("container"),
        "/TaskTemplate/ContainerSpec/Isolation" => json!("default"),
        "/TaskTemplate/ContainerSpec/StopGracePeriod" => json!(10_000_000_000_u64),
        "/TaskTemplate/RestartPolicy/Condition" => json!("any"),
        "/TaskTemplate/RestartPolicy/Delay" => json!(5_000_000_000_u64),
        "/EndpointSpec/Mode" => json!("vip"),
        "/UpdateConfig/Parallelism" | "/RollbackConfig/Parallelism" => json!(1),
        "/UpdateConfig/FailureAction" | "/RollbackConfig/FailureAction" => json!("pause"),
        "/UpdateConfig/Monitor" | "/RollbackConfig/Monitor" => json!(5_000_000_000_u64),
        "/UpdateConfig/Order" | "/RollbackConfig/Order" => json!("stop-first"),
        _ => return None,
    })
}

/// Where 0, false or an empty object is not the same as nothing.
fn counts_even_empty(path: &str) -> bool {
    matches!(path, "/TaskTemplate/ContainerSpec/Init" | "/UpdateConfig/Parallelism" | "/RollbackConfig/Parallelism")
        || path.starts_with("/Mode/")
        || path.ends_with("/Soft")
        || path.ends_with("/Hard")
        || path.ends_with("/Runtime")
        || path.ends_with("/ClusterOptions")
}

/// The specification in that form.
pub fn service(spec: &Value, observed: &Observed) -> Value {
    let mut spec = spec.clone();
    if let Some(networks) = spec.pointer_mut("/TaskTemplate/Networks").and_then(Value::as_array_mut) {
        for network in networks.iter_mut() {
            let name = network.get("Target").and_then(Value::as_str).and_then(|target| {
                observed.networks.values().find(|network| network.id == target).map(|network| network.name.clone())
            });
            if let Some(name) = name {
                network["Target"] = name.into();
            }
        }
        sort(networks);
    }
    if let Some(ports) = spec.pointer_mut("/EndpointSpec/Ports").and_then(Value::as_array_mut) {
        sort(ports);
    }
    for kind in ["Secrets", "Configs"] {
        let path = format!("/TaskTemplate/ContainerSpec/{kind}");
        if let Some(references) = spec.pointer_mut(&path).and_then(Value::as_array_mut) {
            sort(references);
        }
    }
    lean(&spec, "").unwrap_or_else(|| json!({}))
}

/// Puts a list that has no order of its own into one.
fn sort(list: &mut [Value]) {
    list.sort_by_cached_key(|value| {
        // The engine's fields come in another order than ours.
        let mut fields: Vec<String> =
            value.as_object().into_iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
        fields.sort();
        fields
    });
}

/// A value without what is empty or the default; `None` when nothing is left.
fn lean(value: &Value, path: &str) -> Option<Value> {
    let counts = counts_even_empty(path);
    if usual(path).as_ref() == Some(value) {
        return None;
    }
    match value {
        Value::Null => None,
        Value::Bool(false) if !counts => None,
        Value::Number(number) if number.as_f64() == Some(0.0) && !counts => None,
        Value::String(text) if text.is_empty() && !is_in_a_map(path) => None,
        Value::Array(items) => {
            let items: Vec<Value> =
                items.iter().map(|item| lean(item, &format!("{path}/-")).unwrap_or(Value::Null)).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(map) => {
            let left: Map<String, Value> = map
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), lean(value, &format!("{path}/{key}"))?)))
                .collect();
            (!left.is_empty() || counts).then_some(Value::Object(left))
        }
        other => Some(other.clone()),
    }
}

/// Whether a value stands in a map of the user's, where an empty text is a text, or in a list.
fn is_in_a_map(path: &str) -> bool {
    let parent = path.rsplit('/').nth(1).unwrap_or_default();
    path.ends_with("/-") || matches!(parent, "Labels" | "Options" | "Sysctls" | "DriverOpts")
}

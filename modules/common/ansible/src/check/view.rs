//! What the module reads: each option under its own name, and only when it has a value.

use serde_json::{Map, Value};

use crate::spec::Options;

/// Leaves out aliases, unknown parameters and nulls, at every level that has a spec.
pub(super) fn for_module(options: &Options, params: &Map<String, Value>) -> Map<String, Value> {
    let mut view = Map::new();
    for (name, opt) in options {
        let Some(value) = params.get(name).filter(|value| !value.is_null()) else { continue };
        let value = match (opt.suboptions(), value) {
            (Some(suboptions), Value::Object(sub)) => for_module(suboptions, sub).into(),
            (Some(suboptions), Value::Array(items)) => items
                .iter()
                .map(|item| match item {
                    Value::Object(sub) => for_module(suboptions, sub).into(),
                    other => other.clone(),
                })
                .collect(),
            (_, value) => value.clone(),
        };
        view.insert(name.clone(), value);
    }
    view
}

//! What the module reads: each option under its own name, and only when it has a value.

use serde_json::{Map, Value};

use crate::spec::{Kind, Opt, Options};

/// Leaves out aliases, unknown parameters and nulls, at every level that has a spec.
pub(super) fn for_module(options: &Options, params: &Map<String, Value>) -> Map<String, Value> {
    options
        .iter()
        .filter_map(|(name, opt)| {
            let value = params.get(name).filter(|value| !value.is_null())?;
            let value = match value {
                Value::Array(items) => {
                    items.iter().map(|item| one(opt.elements.unwrap_or(Kind::Raw), opt, item)).collect()
                }
                value => one(opt.kind, opt, value),
            };
            Some((name.clone(), value))
        })
        .collect()
}

/// A value, or an element of a list. A bool that came for a number is one now.
fn one(kind: Kind, opt: &Opt, value: &Value) -> Value {
    match (kind, value, opt.suboptions()) {
        (Kind::Dict, Value::Object(sub), Some(suboptions)) => for_module(suboptions, sub).into(),
        (Kind::Int, Value::Bool(flag), _) => u8::from(*flag).into(),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::check::{About, check};

    #[test]
    fn the_module_sees_its_own_names_and_no_nulls() {
        let spec = json!({ "options": {
            "name": { "aliases": ["title"] },
            "count": { "type": "int" },
            "raw": { "type": "dict" },
            "mounts": { "type": "list", "elements": "dict", "options": {
                "target": { "aliases": ["dst"] }, "mode": {}, "sizes": { "type": "list", "elements": "int" } } }
        } });
        let Value::Object(params) = json!({
            "title": "x", "count": true, "raw": { "kept": null },
            "mounts": [{ "dst": "/a", "sizes": [true, "2"] }]
        }) else {
            unreachable!()
        };
        let checked = check(&serde_json::from_value(spec).unwrap(), About::default(), params);
        assert_eq!(checked.errors, Vec::<String>::new());
        assert_eq!(
            Value::Object(checked.params),
            json!({ "name": "x", "count": 1, "raw": { "kept": null }, "mounts": [{ "target": "/a", "sizes": [1, 2] }] })
        );
        assert_eq!(checked.module_args["mounts"][0]["mode"], Value::Null);
    }
}

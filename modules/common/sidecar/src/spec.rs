//! From a sidecar to Ansible's `argument_spec` as JSON, in the shape that `ansible::spec::Spec` reads.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::model::{Documented, XOption};
use crate::read::Sidecar;

impl Sidecar {
    /// The argument spec: `options`, `supports_check_mode` and the rules between options. What has no say is left out.
    pub fn argument_spec(&self) -> Value {
        let mut out = Map::new();
        let mut all = Map::new();
        for file in self.files() {
            all.extend(options(&file.documentation.options, &file.x_spec.options));
        }
        out.insert("options".to_owned(), all.into());
        out.insert("supports_check_mode".to_owned(), self.file.x_spec.supports_check_mode.into());
        for x in self.files().map(|file| &file.x_spec) {
            add(&mut out, "mutually_exclusive", &x.mutually_exclusive);
            add(&mut out, "required_together", &x.required_together);
            add(&mut out, "required_one_of", &x.required_one_of);
            add(&mut out, "required_if", &x.required_if);
            add(&mut out, "required_by", &x.required_by);
        }
        out.into()
    }
}

/// The options of one level.
fn options(documented: &IndexMap<String, Documented>, x: &IndexMap<String, XOption>) -> Map<String, Value> {
    let nothing = XOption::default();
    documented.iter().map(|(name, doc)| (name.clone(), option(doc, x.get(name).unwrap_or(&nothing)).into())).collect()
}

/// One option.
fn option(doc: &Documented, x: &XOption) -> Map<String, Value> {
    let mut out = Map::new();
    add(&mut out, "type", &doc.kind);
    add(&mut out, "elements", &doc.elements);
    add(&mut out, "required", &doc.required.then_some(true));
    if let Some(default) = &doc.default {
        out.insert("default".to_owned(), default.clone());
    }
    add(&mut out, "choices", &doc.choices.values());
    add(&mut out, "aliases", &doc.aliases);
    add(&mut out, "no_log", &x.no_log);
    add(&mut out, "fallback", &x.fallback);
    add(&mut out, "apply_defaults", &x.apply_defaults.then_some(true));
    add(&mut out, "removed_in_version", &x.removed_in_version);
    add(&mut out, "removed_at_date", &x.removed_at_date);
    add(&mut out, "removed_from_collection", &x.removed_from_collection);
    add(&mut out, "deprecated_aliases", &x.deprecated_aliases);
    if !doc.suboptions.is_empty() {
        out.insert("options".to_owned(), options(&doc.suboptions, &x.options).into());
    }
    add(&mut out, "mutually_exclusive", &x.mutually_exclusive);
    add(&mut out, "required_together", &x.required_together);
    add(&mut out, "required_one_of", &x.required_one_of);
    add(&mut out, "required_if", &x.required_if);
    add(&mut out, "required_by", &x.required_by);
    out
}

/// Adds `value` under `key`, to what stands there already; nothing when it says nothing.
fn add<T: Serialize>(out: &mut Map<String, Value>, key: &str, value: &T) {
    match (json!(value), out.get_mut(key)) {
        (Value::Null, _) => {}
        (Value::Array(new), _) if new.is_empty() => {}
        (Value::Object(new), _) if new.is_empty() => {}
        (Value::Array(new), Some(Value::Array(present))) => present.extend(new),
        (Value::Object(new), Some(Value::Object(present))) => present.extend(new),
        (new, _) => {
            out.insert(key.to_owned(), new);
        }
    }
}

//! Deprecations, as the dicts that Ansible's results carry.

use serde_json::{Map, Value, json};

use crate::spec::{DeprecatedAlias, Options};

/// Notes every deprecated option that is given, suboptions included.
pub(super) fn options(options: &Options, params: &Map<String, Value>, prefix: &str, found: &mut Vec<Value>) {
    for (name, opt) in options {
        let Some(value) = params.get(name) else { continue };
        let shown = if prefix.is_empty() { name.clone() } else { format!("{prefix}[\"{name}\"]") };
        if opt.removed_at_date.is_some() || opt.removed_in_version.is_some() {
            let msg = format!("Param '{shown}' is deprecated. See the module docs for more information");
            found.push(dict(
                &msg,
                opt.removed_in_version.as_deref(),
                opt.removed_at_date.as_deref(),
                opt.removed_from_collection.as_deref(),
            ));
        }
        let Some(suboptions) = &opt.options else { continue };
        let elements = match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for sub in elements.iter().filter_map(Value::as_object) {
            self::options(suboptions, sub, &shown, found);
        }
    }
}

/// The deprecation of an alias.
pub(super) fn alias(alias: &DeprecatedAlias, prefix: &str) -> Value {
    let msg = format!("Alias '{prefix}{}' is deprecated. See the module docs for more information", alias.name);
    dict(&msg, alias.version.as_deref(), alias.date.as_deref(), alias.collection_name.as_deref())
}

/// A date rules out a version.
fn dict(msg: &str, version: Option<&str>, date: Option<&str>, collection: Option<&str>) -> Value {
    match date {
        Some(date) => json!({ "msg": msg, "collection_name": collection, "date": date }),
        None => json!({ "msg": msg, "collection_name": collection, "version": version }),
    }
}

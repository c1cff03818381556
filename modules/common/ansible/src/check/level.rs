//! One level of options, the module's own or the suboptions of one option, and from there down to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use serde_json::{Map, Value};

use super::{choices, coerce, deprecations, fill, rules, secrets};
use crate::python;
use crate::spec::{Kind, Opt, Options, Rules};

/// What the check has found so far.
#[derive(Default)]
pub(super) struct Findings {
    pub errors: Vec<String>,
    pub no_log: BTreeSet<String>,
    /// Warnings about suboptions.
    pub warnings: Vec<String>,
    /// Warnings about the module's own options.
    pub top_warnings: Vec<String>,
    pub deprecations: Vec<Value>,
    /// Deprecations of the aliases of suboptions.
    pub sub_deprecations: Vec<Value>,
    /// Unknown options by their dotted name, each with what its level knows.
    pub unsupported: BTreeMap<String, String>,
}

/// Where a level stands.
#[derive(Default)]
pub(super) struct Place {
    /// The options above it, outermost first.
    pub above: Vec<String>,
    /// The same with indexes, as warnings write it: `mounts[0].`.
    pub prefix: String,
}

impl Place {
    /// ` found in a -> b`, or nothing at the top.
    pub fn found_in(&self) -> String {
        if self.above.is_empty() { String::new() } else { format!(" found in {}", self.above.join(" -> ")) }
    }

    /// The same as messages about types quote it.
    fn found_in_quoted(&self) -> String {
        if self.above.is_empty() { String::new() } else { format!(" found in '{}'", self.above.join(" -> ")) }
    }

    fn is_top(&self) -> bool {
        self.above.is_empty()
    }
}

/// Checks one level and those below it. The order of the steps decides which error is the first, and whether a default
/// or an environment variable counts as given.
pub(super) fn check(
    options: &Options,
    rules: &Rules,
    params: &mut Map<String, Value>,
    place: &mut Place,
    found: &mut Findings,
) {
    fill::fallbacks(options, params, &mut found.no_log);
    resolve_aliases(options, params, place, found);
    if let Err(why) = secrets::collect(options, params, &mut found.no_log) {
        found.errors.push(why);
    }
    if place.is_top() {
        deprecations::options(options, params, "", &mut found.deprecations);
    }
    unsupported(options, params, place, found);
    found.errors.extend(rules::mutually_exclusive(rules, params, place));
    fill::defaults(options, params, &mut found.no_log);
    found.errors.extend(rules::required(options, params, place));
    types(options, params, place, found);
    choices::check(options, params, place, &mut found.errors);
    found.errors.extend(rules::required_together(rules, params, place));
    found.errors.extend(rules::required_one_of(rules, params, place));
    found.errors.extend(rules::required_if(rules, params, place));
    found.errors.extend(rules::required_by(rules, params, place));
    fill::nulls(options, params);
    for (name, opt) in options {
        if let Some(suboptions) = opt.suboptions() {
            below(name, opt, suboptions, params, place, found);
        }
    }
}

/// Checks the suboptions of one option.
fn below(
    name: &str,
    opt: &Opt,
    suboptions: &Options,
    params: &mut Map<String, Value>,
    place: &mut Place,
    found: &mut Findings,
) {
    let Some(value) = params.get_mut(name) else { return };
    if value.is_null() {
        if !opt.apply_defaults {
            return;
        }
        *value = Value::Object(Map::new());
    }
    let elements = match value {
        Value::Array(items) => items.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    place.above.push(name.to_owned());
    for (index, element) in elements.iter_mut().enumerate() {
        let Value::Object(sub) = element else {
            found.errors.push(format!("value of '{name}' must be of type dict or list of dicts"));
            continue;
        };
        let index = if opt.kind == Kind::List { format!("[{index}]") } else { String::new() };
        let prefix = format!("{}{name}{index}.", place.prefix);
        let outer = mem::replace(&mut place.prefix, prefix);
        check(suboptions, &opt.rules, sub, place, found);
        place.prefix = outer;
    }
    place.above.pop();
}

/// Gives options their own names. The alias stays beside it, and wins when both are given.
fn resolve_aliases(options: &Options, params: &mut Map<String, Value>, place: &Place, found: &mut Findings) {
    let prefix = &place.prefix;
    for (name, opt) in options {
        for alias in &opt.deprecated_aliases {
            if params.contains_key(&alias.name) {
                let list = if place.is_top() { &mut found.deprecations } else { &mut found.sub_deprecations };
                list.push(deprecations::alias(alias, prefix));
            }
        }
        for alias in &opt.aliases {
            let Some(value) = params.get(alias).cloned() else { continue };
            if params.insert(name.clone(), value).is_some() {
                let list = if place.is_top() { &mut found.top_warnings } else { &mut found.warnings };
                list.push(format!("Both option {prefix}{name} and its alias {prefix}{alias} are set."));
            }
        }
    }
}

/// Notes every parameter that is neither an option nor an alias.
fn unsupported(options: &Options, params: &Map<String, Value>, place: &Place, found: &mut Findings) {
    let aliases: BTreeSet<&str> = options.values().flat_map(|opt| &opt.aliases).map(String::as_str).collect();
    let mut supported = None;
    for name in params.keys().filter(|name| !options.contains_key(*name) && !aliases.contains(name.as_str())) {
        let supported = supported.get_or_insert_with(|| {
            let own: BTreeSet<&str> =
                options.keys().map(String::as_str).filter(|name| !aliases.contains(name)).collect();
            let list = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
            if aliases.is_empty() { list(&own) } else { format!("{} ({})", list(&own), list(&aliases)) }
        });
        let dotted: Vec<&str> = place.above.iter().chain([name]).map(String::as_str).collect();
        found.unsupported.insert(dotted.join("."), supported.clone());
    }
}

/// Coerces every value to its option's type. A value that can't be stays as it is; an element that can't be goes.
fn types(options: &Options, params: &mut Map<String, Value>, place: &Place, found: &mut Findings) {
    for (name, opt) in options {
        let Some(value) = params.get_mut(name) else { continue };
        if value.is_null() && !opt.required && opt.default.is_none() {
            continue;
        }
        match coerce::to(opt.kind, value) {
            Ok(None) => {}
            Ok(Some(coerced)) => *value = coerced,
            Err(why) => {
                // The full stop before "and" is Ansible's own.
                let place = place.found_in_quoted();
                let place = if place.is_empty() { place } else { place + "." };
                found.errors.push(format!(
                    "argument '{name}' is of type {}{place} and we were unable to convert to {}: {why}",
                    python::type_name(value),
                    opt.kind.name()
                ));
                continue;
            }
        }
        if let (Some(kind), Value::Array(items)) = (opt.elements, value) {
            items.retain_mut(|item| match coerce::to(kind, item) {
                Ok(None) => true,
                Ok(Some(coerced)) => {
                    *item = coerced;
                    true
                }
                Err(why) => {
                    found.errors.push(format!(
                        "Elements value for option '{name}'{} is of type {} and we were unable to convert to {}: {why}",
                        place.found_in_quoted(),
                        python::type_name(item),
                        kind.name()
                    ));
                    false
                }
            });
        }
    }
}

//! What must hold for a sidecar beyond its shape: so that a bad one does not compile.

use indexmap::IndexMap;
use serde_json::Value;

use crate::model::{Documentation, Documented, Kind, Returned, Support, XOption};
use crate::read::Sidecar;
use crate::rules::{self, Level};

/// All that is wrong with `sidecar`.
pub fn sidecar(sidecar: &Sidecar) -> Vec<String> {
    let mut problems = Vec::new();
    head(sidecar, &mut problems);
    check_mode(sidecar, &mut problems);
    let mut all = IndexMap::new();
    for file in sidecar.files() {
        // A fragment's rules and x-spec speak of its own options, the module's of all.
        for (name, option) in &file.documentation.options {
            if all.insert(name.as_str(), option).is_some() {
                problems.push(format!("options.{name}: a fragment has an option of this name already"));
            }
        }
        options(&file.documentation.options, &file.x_spec.options, "options", &mut problems);
        rules::check(&Level::of_module(&all, &file.x_spec), "x-spec", &mut problems);
    }
    rules::names(&all, "options", &mut problems);
    for (name, value) in &sidecar.file.returned {
        returned(value, &format!("RETURN.{name}"), &mut problems);
    }
    examples(sidecar, &all, &mut problems);
    problems
}

/// What `DOCUMENTATION` says about the module as a whole.
fn head(sidecar: &Sidecar, problems: &mut Vec<String>) {
    let doc: &Documentation = &sidecar.file.documentation;
    if doc.module.as_deref() != Some(&sidecar.name) {
        problems.push(format!("DOCUMENTATION.module: must be {}, as the file is named", sidecar.name));
    }
    match doc.short_description.as_deref().map(str::trim) {
        None | Some("") => problems.push("DOCUMENTATION.short_description is missing".to_owned()),
        Some(text) if text.ends_with('.') => {
            problems.push("DOCUMENTATION.short_description: no period at its end, please".to_owned());
        }
        Some(_) => {}
    }
    if doc.description.says_nothing() {
        problems.push("DOCUMENTATION.description is missing".to_owned());
    }
    if doc.author.says_nothing() {
        problems.push("DOCUMENTATION.author is missing".to_owned());
    }
    if doc.version_added.is_none() {
        problems.push("DOCUMENTATION.version_added is missing".to_owned());
    }
}

/// Documentation and x-spec tell the same about check mode.
fn check_mode(sidecar: &Sidecar, problems: &mut Vec<String>) {
    for name in ["check_mode", "diff_mode"] {
        if sidecar.file.documentation.attributes.get(name).and_then(|attribute| attribute.support).is_none() {
            problems.push(format!("DOCUMENTATION.attributes.{name}.support is missing"));
        }
    }
    let support = sidecar.file.documentation.attributes.get("check_mode").and_then(|attribute| attribute.support);
    let documented = matches!(support, Some(Support::Full | Support::Partial));
    if documented != sidecar.file.x_spec.supports_check_mode {
        problems.push(format!(
            "x-spec.supports_check_mode is {}, but DOCUMENTATION.attributes.check_mode says the opposite",
            sidecar.file.x_spec.supports_check_mode
        ));
    }
}

/// The options of one level, and what x-spec adds to them.
fn options(
    documented: &IndexMap<String, Documented>,
    x: &IndexMap<String, XOption>,
    path: &str,
    problems: &mut Vec<String>,
) {
    let nothing = XOption::default();
    for name in x.keys().filter(|name| !documented.contains_key(*name)) {
        problems.push(format!("x-spec.{path}.{name}: the documentation has no option of this name"));
    }
    for (name, doc) in documented {
        let x = x.get(name).unwrap_or(&nothing);
        let path = format!("{path}.{name}");
        option(name, doc, x, &path, problems);
        if !doc.suboptions.is_empty() || !x.options.is_empty() {
            options(&doc.suboptions, &x.options, &format!("{path}.suboptions"), problems);
            let names = doc.suboptions.iter().map(|(name, option)| (name.as_str(), option)).collect();
            rules::names(&names, &path, problems);
            rules::check(&Level::of_option(&names, x), &format!("x-spec.{path}"), problems);
        }
    }
}

/// One option.
fn option(name: &str, doc: &Documented, x: &XOption, path: &str, problems: &mut Vec<String>) {
    let mut wrong = |what: String| problems.push(format!("{path}: {what}"));
    if doc.description.says_nothing() {
        wrong("description is missing".to_owned());
    }
    let Some(kind) = doc.kind else {
        return wrong("type is missing".to_owned());
    };
    if (kind == Kind::List) != doc.elements.is_some() {
        wrong("elements belongs to a list, and a list has it".to_owned());
    }
    if doc.required && doc.default.is_some() {
        wrong("required and default exclude each other".to_owned());
    }
    if !doc.suboptions.is_empty() && kind != Kind::Dict && doc.elements != Some(Kind::Dict) {
        wrong("suboptions belong to a dict or to a list of dicts".to_owned());
    }
    let single = doc.elements.unwrap_or(kind);
    let choices = doc.choices.values();
    for choice in choices.iter().filter(|choice| !single.holds(choice)) {
        wrong(format!("choice {choice} is not of type {single:?}; quote it where YAML takes it for something else"));
    }
    if let Some(default) = doc.default.as_ref().filter(|default| !default.is_null()) {
        if !kind.holds(default) {
            wrong(format!("default {default} is not of type {kind:?}"));
        }
        let values = default.as_array().map_or(std::slice::from_ref(default), Vec::as_slice);
        for value in values.iter().filter(|value| !choices.is_empty() && !choices.contains(value)) {
            wrong(format!("default {value} is not among its choices"));
        }
    }
    for alias in x.deprecated_aliases.iter().filter(|alias| !doc.aliases.contains(&alias.name)) {
        wrong(format!("deprecated alias {} is not among its aliases", alias.name));
    }
    for alias in x.deprecated_aliases.iter().filter(|alias| alias.version.is_some() == alias.date.is_some()) {
        wrong(format!("deprecated alias {}: say `version` or `date`", alias.name));
    }
    if x.removed_in_version.is_some() && x.removed_from_collection.is_none() {
        wrong("removed_in_version needs removed_from_collection".to_owned());
    }
    if x.no_log.is_none() && choices.is_empty() && kind != Kind::Bool && sounds_secret(name) {
        wrong("its name sounds like a secret, so Ansible wants a word: x-spec no_log true or false".to_owned());
    }
}

/// Whether Ansible warns about an option of this name that has no `no_log`.
fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let pass = name.match_indices("pass").any(|(at, _)| !name[at..].starts_with("passive"));
    pass || ["secret", "token", "cryptkey"].iter().any(|word| name.contains(word))
}

/// One return value.
fn returned(value: &Returned, path: &str, problems: &mut Vec<String>) {
    if value.description.says_nothing() {
        problems.push(format!("{path}: description is missing"));
    }
    if value.returned.as_deref().unwrap_or_default().is_empty() {
        problems.push(format!("{path}: returned is missing"));
    }
    if value.kind.is_none() {
        problems.push(format!("{path}: type is missing"));
    }
    for (name, value) in &value.contains {
        returned(value, &format!("{path}.contains.{name}"), problems);
    }
}

/// The examples are YAML that uses the module, and only options that it has.
fn examples(sidecar: &Sidecar, options: &IndexMap<&str, &Documented>, problems: &mut Vec<String>) {
    let text = &sidecar.file.examples;
    if text.contains("\"\"\"") {
        problems.push("EXAMPLES: three double quotes in a row would end the Python string".to_owned());
    }
    let examples: Value = match yaml_serde::from_str(text) {
        Ok(examples) => examples,
        Err(error) => return problems.push(format!("EXAMPLES: {error}")),
    };
    let module = format!("cdgp.docker.{}", sidecar.name);
    let mut uses = Vec::new();
    collect(&examples, &module, &mut uses);
    if uses.is_empty() {
        problems.push(format!("EXAMPLES: no task uses {module}"));
    }
    let known = |name: &str| {
        options.iter().any(|(option, doc)| *option == name || doc.aliases.iter().any(|alias| alias == name))
    };
    for name in uses.into_iter().filter_map(Value::as_object).flat_map(serde_json::Map::keys) {
        if !known(name) {
            problems.push(format!("EXAMPLES: {module} has no option {name}"));
        }
    }
}

/// The arguments of each use of `module`, at any depth (blocks).
fn collect<'v>(value: &'v Value, module: &str, uses: &mut Vec<&'v Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| collect(value, module, uses)),
        Value::Object(map) => {
            for (key, value) in map {
                if key == module { uses.push(value) } else { collect(value, module, uses) }
            }
        }
        _ => {}
    }
}

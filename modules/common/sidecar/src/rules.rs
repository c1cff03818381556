//! The rules between options name options that there are.

use indexmap::IndexMap;

use crate::model::{Documented, RequiredIf, Text, XOption, XSpec};

/// The options of one level and the rules between them.
pub struct Level<'a> {
    options: &'a IndexMap<&'a str, &'a Documented>,
    sets: [(&'static str, &'a [Vec<String>]); 3],
    required_if: &'a [RequiredIf],
    required_by: &'a IndexMap<String, Text>,
}

impl<'a> Level<'a> {
    /// The module's own level.
    pub fn of_module(options: &'a IndexMap<&'a str, &'a Documented>, x: &'a XSpec) -> Self {
        Self {
            options,
            sets: [
                ("mutually_exclusive", &x.mutually_exclusive),
                ("required_together", &x.required_together),
                ("required_one_of", &x.required_one_of),
            ],
            required_if: &x.required_if,
            required_by: &x.required_by,
        }
    }

    /// The level of an option's suboptions.
    pub fn of_option(options: &'a IndexMap<&'a str, &'a Documented>, x: &'a XOption) -> Self {
        Self {
            options,
            sets: [
                ("mutually_exclusive", &x.mutually_exclusive),
                ("required_together", &x.required_together),
                ("required_one_of", &x.required_one_of),
            ],
            required_if: &x.required_if,
            required_by: &x.required_by,
        }
    }
}

/// Checks the rules of `level`, which stand at `path`.
pub fn check(level: &Level<'_>, path: &str, problems: &mut Vec<String>) {
    let mut known = |rule: &str, name: &str| {
        if !level.options.contains_key(name) {
            problems.push(format!("{path}.{rule}: there is no option {name} (an alias does not count)"));
        }
    };
    for (rule, sets) in &level.sets {
        sets.iter().flatten().for_each(|name| known(rule, name));
    }
    for (option, value, needed) in level.required_if.iter().map(RequiredIf::parts) {
        known("required_if", option);
        needed.iter().for_each(|name| known("required_if", name));
        let choices = level.options.get(option).map(|doc| doc.choices.values()).unwrap_or_default();
        if !choices.is_empty() && !choices.contains(value) {
            known("required_if", &format!("{option}={value}"));
        }
    }
    for (option, needed) in level.required_by {
        known("required_by", option);
        needed.all().iter().for_each(|name| known("required_by", name));
    }
}

/// Checks that no name or alias stands for two options.
pub fn names(options: &IndexMap<&str, &Documented>, path: &str, problems: &mut Vec<String>) {
    let mut owners: IndexMap<&str, &str> = IndexMap::new();
    for (option, doc) in options {
        for name in std::iter::once(*option).chain(doc.aliases.iter().map(String::as_str)) {
            if let Some(other) = owners.insert(name, option) {
                problems.push(format!("{path}: {name} stands for both {other} and {option}"));
            }
        }
    }
}

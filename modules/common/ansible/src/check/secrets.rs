//! The values of `no_log` options: what must never be printed.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::dict;
use crate::python;
use crate::spec::Options;

/// Collects the values of `no_log` options as the user wrote them, suboptions included.
///
/// # Errors
/// The first suboptions that are no dict. Everything else is collected all the same: a secret beside a mistake stays one.
pub(super) fn collect(
    options: &Options,
    params: &Map<String, Value>,
    no_log: &mut BTreeSet<String>,
) -> Result<(), String> {
    let mut result = Ok(());
    for (name, opt) in options {
        let Some(value) = params.get(name).filter(|value| !value.is_null()) else { continue };
        if opt.no_log == Some(true) && python::truthy(value) {
            texts(value, no_log);
        }
        let Some(suboptions) = opt.suboptions() else { continue };
        let elements = match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        for element in elements {
            let below = match element {
                Value::Object(sub) => collect(suboptions, sub, no_log),
                Value::String(text) => dict::from_text(text).and_then(|sub| collect(suboptions, &sub, no_log)),
                other => Err(format!(
                    "Value '{}' in the sub parameter field '{name}' must be a {}, not '{}'",
                    python::str(other),
                    opt.kind.name(),
                    python::type_name(other)
                )),
            };
            result = result.and(below);
        }
    }
    result
}

/// Every text and number in a value, however deep; keys are no secrets.
pub(super) fn texts(value: &Value, no_log: &mut BTreeSet<String>) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::String(text) if text.is_empty() => {}
        Value::String(_) | Value::Number(_) => {
            no_log.insert(python::str(value));
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, no_log)),
        Value::Object(map) => map.values().for_each(|item| texts(item, no_log)),
    }
}

/// Warnings about options whose name speaks of a password and whose spec does not say whether they are secret.
pub(super) fn undeclared(options: &Options, params: &Map<String, Value>) -> Vec<String> {
    let undecided = |name: &str| {
        options
            .iter()
            .find(|(own, opt)| *own == name || opt.aliases.iter().any(|alias| alias == name))
            .is_none_or(|(_, opt)| opt.no_log.is_none())
    };
    params
        .keys()
        .filter(|name| speaks_of_password(name) && undecided(name))
        .map(|name| format!("Module did not set no_log for {name}"))
        .collect()
}

/// Whether a name has "pass", "passwd", "pass_phrase" or the like as one of its words.
fn speaks_of_password(name: &str) -> bool {
    let separator = |c: char| c == '-' || c == '_' || python::space(c);
    let name = name.to_lowercase();
    let ends_a_word = |rest: &str| rest.is_empty() || rest.starts_with(separator) && rest.chars().nth(1).is_some();
    name.match_indices("pass").any(|(at, _)| {
        let before = &name[..at];
        let after = &name[at + "pass".len()..];
        let begins_a_word = before.is_empty() || before.ends_with(separator) && before.chars().nth(1).is_some();
        let after_separator = after.strip_prefix(separator).unwrap_or(after);
        let words = ["word", "phrase", "wrd", "wd"];
        begins_a_word
            && [after, after_separator].iter().any(|rest| {
                ends_a_word(rest) || words.iter().any(|word| rest.strip_prefix(word).is_some_and(ends_a_word))
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_speak_of_a_password() {
        for name in
            ["password", "pass", "PASSWD", "db_password", "pass_phrase", "passphrase_file", "my pass-wd x", "pass_x"]
        {
            assert!(speaks_of_password(name), "{name}");
        }
        for name in ["bypass", "passenger", "compass", "_password", "passwords", "update_passive", "key"] {
            assert!(!speaks_of_password(name), "{name}");
        }
    }
}

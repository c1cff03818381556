//! Takes every `no_log` value out of what the module prints, as `AnsibleModule` does on exit.
//!
//! Source: Ansible's developer guide on `no_log`; held against ansible-core by `tests/spec`.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::python;

/// Stands where a whole value was secret.
const WHOLE: &str = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER";
/// Stands where a secret was part of a longer text.
const PART: &str = "********";

/// Replaces every secret in `value`, however deep. Keys stay, as they do in Ansible; so do bools and null.
pub fn scrub(value: &mut Value, secrets: &BTreeSet<String>) {
    // Longest first: a secret that contains another must not leave its rest behind.
    let mut longest_first: Vec<&str> = secrets.iter().map(String::as_str).filter(|secret| !secret.is_empty()).collect();
    longest_first.sort_by_key(|secret| Reverse(secret.chars().count()));
    if !longest_first.is_empty() {
        replace(value, &longest_first);
    }
}

fn replace(value: &mut Value, secrets: &[&str]) {
    match value {
        Value::String(text) if secrets.contains(&text.as_str()) => *text = WHOLE.to_owned(),
        Value::String(text) => {
            for secret in secrets {
                if text.contains(secret) {
                    *text = text.replace(secret, PART);
                }
            }
        }
        Value::Number(number) => {
            let text = python::number_text(number);
            if secrets.iter().any(|secret| text.contains(secret)) {
                *value = WHOLE.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, secrets)),
        Value::Object(map) => map.values_mut().for_each(|item| replace(item, secrets)),
        Value::Null | Value::Bool(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_vanish_at_any_depth() {
        let secrets = ["hunter2", "hunter", "4711"].map(str::to_owned).into();
        let mut value = json!({
            "msg": "login hunter2 failed for hunter", "list": ["hunter2", {"deep": "x hunter2 y"}],
            "number": 247_112, "flag": true, "nothing": null, "hunter2": "key stays"
        });
        scrub(&mut value, &secrets);
        assert_eq!(
            value,
            json!({
                "msg": "login ******** failed for ********", "list": [WHOLE, {"deep": "x ******** y"}],
                "number": WHOLE, "flag": true, "nothing": null, "hunter2": "key stays"
            })
        );
    }
}

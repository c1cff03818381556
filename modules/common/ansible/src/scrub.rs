//! Takes every `no_log` value out of what the module prints, as `AnsibleModule` does on exit.
//!
//! Source: Ansible's developer guide on `no_log`; behaviour held against ansible-core by tests.

use std::collections::BTreeSet;

use serde_json::Value;

/// Stands where a whole value was secret.
const WHOLE: &str = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER";
/// Stands where a secret was part of a longer text.
const PART: &str = "********";

/// Replaces every secret in `value`, however deep. Keys stay, as they do in Ansible.
pub fn scrub(value: &mut Value, secrets: &BTreeSet<String>) {
    match value {
        Value::String(text) => scrub_text(text, secrets),
        Value::Number(number) => {
            let text = number.to_string();
            if secrets.iter().any(|secret| text.contains(secret.as_str())) {
                *value = WHOLE.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| scrub(item, secrets)),
        Value::Object(map) => map.values_mut().for_each(|item| scrub(item, secrets)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn scrub_text(text: &mut String, secrets: &BTreeSet<String>) {
    if secrets.contains(text.as_str()) {
        *text = WHOLE.to_owned();
        return;
    }
    // Longest first: a secret that contains another must not leave its rest behind.
    let mut found: Vec<&String> = secrets.iter().filter(|secret| text.contains(secret.as_str())).collect();
    found.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in found {
        *text = text.replace(secret.as_str(), PART);
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

//! Whether a value is one of its option's choices.

use serde_json::{Map, Value};

use super::level::Place;
use crate::python;
use crate::spec::Options;

/// Words that YAML turns into a bool unless they are quoted.
const TRUE: [&str; 6] = ["y", "yes", "on", "1", "true", "t"];
const FALSE: [&str; 6] = ["n", "no", "off", "0", "false", "f"];

/// Refuses values that are no choice. Null is none either, unless it is listed.
pub(super) fn check(options: &Options, params: &mut Map<String, Value>, place: &Place, errors: &mut Vec<String>) {
    for (name, opt) in options {
        let (Some(choices), Some(value)) = (&opt.choices, params.get_mut(name)) else { continue };
        let is_choice = |value: &Value| choices.iter().any(|choice| python::equal(choice, value));
        if let Value::Array(items) = value {
            let strange: Vec<&Value> = items.iter().filter(|item| !is_choice(item)).collect();
            if !strange.is_empty() {
                errors.push(format!(
                    "value of {name} must be one or more of: {}. Got no match for: {}{}",
                    list(choices),
                    list(strange),
                    place.found_in()
                ));
            }
            continue;
        }
        if is_choice(value) {
            continue;
        }
        if let Some(meant) = unquoted(value, choices) {
            *value = meant;
        } else {
            errors.push(format!(
                "value of {name} must be one of: {}, got: {}{}",
                list(choices),
                python::str(value),
                place.found_in()
            ));
        }
    }
}

/// The choice that the user wrote without quotes (`no`), when only one can have become this bool.
fn unquoted(value: &Value, choices: &[Value]) -> Option<Value> {
    let (words, truth) = match value.as_str()? {
        "True" => (TRUE, true),
        "False" => (FALSE, false),
        _ => return None,
    };
    let mut meant: Vec<&Value> = Vec::new();
    for choice in choices {
        let fits = choice.as_str().map_or_else(|| python::equal(choice, &truth.into()), |text| words.contains(&text));
        if fits && !meant.iter().any(|other| python::equal(other, choice)) {
            meant.push(choice);
        }
    }
    match meant.as_slice() {
        [one] => Some((*one).clone()),
        _ => None,
    }
}

fn list<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    values.into_iter().map(python::str).collect::<Vec<_>>().join(", ")
}

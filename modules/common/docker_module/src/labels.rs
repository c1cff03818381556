//! Labels: text to text.

use std::collections::BTreeMap;

use ansible::Sentence;
use serde::Deserialize;
use serde_json::Value;

/// Labels as the user gave them. Integers become text; booleans and floats are refused, because their spelling
/// (`True` or `true`, `1` or `1.0`) would be a guess.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, Value>")]
pub struct Labels(pub BTreeMap<String, String>);

impl TryFrom<BTreeMap<String, Value>> for Labels {
    type Error = Sentence;

    fn try_from(given: BTreeMap<String, Value>) -> Result<Self, Sentence> {
        let text = |(key, value): (String, Value)| match value {
            Value::String(text) => Ok((key, text)),
            Value::Number(number) if !number.is_f64() => Ok((key, number.to_string())),
            Value::Null => Ok((key, "None".to_owned())),
            other => Err(refusal(&key, &other)),
        };
        given.into_iter().map(text).collect::<Result<_, _>>().map(Labels)
    }
}

/// The peer's wording, which plays match on.
fn refusal(key: &str, value: &Value) -> Sentence {
    let shown = match value {
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    };
    Sentence(format!(
        "The value {shown} for '{key}' of {{option}} is not a string or something than can be safely converted to a string!"
    ))
}

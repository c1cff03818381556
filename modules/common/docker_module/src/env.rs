//! Environment variables: names with text.

use std::collections::BTreeMap;

use ansible::Sentence;
use serde::Deserialize;
use serde_json::Value;

/// Environment variables as the user gave them. Anything but text is refused, because its spelling would be a guess.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, Value>")]
pub struct Env(pub BTreeMap<String, String>);

impl TryFrom<BTreeMap<String, Value>> for Env {
    type Error = Sentence;

    fn try_from(given: BTreeMap<String, Value>) -> Result<Self, Sentence> {
        let text = |(name, value): (String, Value)| match value {
            Value::String(text) => Ok(match name.split_once('=') {
                // As the engine reads it.
                Some((name, beginning)) => (name.to_owned(), format!("{beginning}={text}")),
                None => (name, text),
            }),
            _ => Err(Sentence(format!(
                "Non-string value found for env option. Ambiguous env options must be wrapped in quotes to avoid them \
                 being interpreted when directly specified in YAML, or explicitly converted to strings when the option \
                 is templated. Key: {name}"
            ))),
        };
        given.into_iter().map(text).collect::<Result<_, _>>().map(Env)
    }
}

//! Environment variables: names with text.

use std::collections::BTreeMap;

use ansible::{Failure, Sentence};
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

impl Env {
    /// The variables of a file on the target: lines of `NAME=value`; blank lines and those that start with `#` say nothing.
    /// `option` names it, for the error.
    ///
    /// # Errors
    /// It can't be read, or has a line without `=`.
    pub fn from_file(option: &str, path: &str) -> Result<Self, Failure> {
        let failed = |reason: String| Failure::new(format!("reading `{option}` {path}: {reason}"));
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let mut variables = BTreeMap::new();
        for (number, line) in
            text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        {
            // The line itself stays out of the message: it may hold a secret.
            let (name, value) =
                line.split_once('=').ok_or_else(|| failed(format!("line {} has no `=`", number + 1)))?;
            variables.insert(name.to_owned(), value.to_owned());
        }
        Ok(Env(variables))
    }
}

//! `networks`: how they are written.

use std::collections::{BTreeMap, BTreeSet};

use ansible::Sentence;
use docker_module::Text;
use serde::Deserialize;
use serde_json::Value;

use super::PARSING;

/// A name, or a name with aliases and options.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub struct NetworkOption {
    pub name: String,
    pub aliases: Option<BTreeSet<String>>,
    pub options: Option<BTreeMap<String, String>>,
}

/// The peer's wording, which plays match on.
impl TryFrom<Value> for NetworkOption {
    type Error = Sentence;

    fn try_from(given: Value) -> Result<Self, Sentence> {
        let fail = |reason: &str| Err(Sentence(format!("{PARSING}{reason}")));
        let mut given = match given {
            Value::String(name) => return Ok(NetworkOption { name, aliases: None, options: None }),
            Value::Object(given) => given,
            _ => return fail("Only a list of strings or dictionaries are allowed to be passed as networks."),
        };
        let Some(Value::String(name)) = given.remove("name") else {
            return fail("\"name\" is required when networks are passed as dictionaries.");
        };
        let aliases = match given.remove("aliases") {
            None | Some(Value::Null) => None,
            Some(Value::Array(aliases)) => {
                let words: Option<_> = aliases.iter().map(|alias| alias.as_str().map(str::to_owned)).collect();
                match words {
                    None => return fail("Only strings are allowed as network aliases."),
                    words => words,
                }
            }
            Some(_) => return fail("\"aliases\" network option is only allowed as a list"),
        };
        let options = match given.remove("options") {
            None | Some(Value::Null) => None,
            Some(options) => match serde_json::from_value::<BTreeMap<String, Text>>(options) {
                Ok(options) => Some(options.into_iter().map(|(name, Text(text))| (name, text)).collect()),
                Err(_) => return fail("Only dict is allowed as network options."),
            },
        };
        if !given.is_empty() {
            let unknown: Vec<&str> = given.keys().map(String::as_str).collect();
            return fail(&format!("{} are not valid keys for the networks option", unknown.join(", ")));
        }
        Ok(NetworkOption { name, aliases, options })
    }
}

//! `command`, `args` and `env`: how they are written.

use std::collections::BTreeMap;

use ansible::Sentence;
use docker_module::{Env, split_words};
use serde::Deserialize;
use serde_json::Value;

use super::{Options, PARSING};

/// `command`: a command line, or its words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Command(Vec<String>);

impl TryFrom<Value> for Command {
    type Error = Sentence;

    fn try_from(given: Value) -> Result<Self, Sentence> {
        match given {
            Value::String(line) => split_words(&line)
                .map(Command)
                .map_err(|reason| Sentence(format!("`{{option}}` can't be split into words: {reason}"))),
            Value::Array(items) => {
                let wrong: Vec<String> = items
                    .iter()
                    .enumerate()
                    .filter(|(_, item)| !item.is_string())
                    .map(|(index, item)| format!("{item} at index {index}"))
                    .collect();
                if !wrong.is_empty() {
                    return Err(Sentence(format!(
                        "{PARSING}All items in a command list need to be strings. Check quoting. Invalid items: {}.",
                        wrong.join(", ")
                    )));
                }
                Ok(Command(items.iter().filter_map(Value::as_str).map(str::to_owned).collect()))
            }
            other => Err(Sentence(format!(
                "{PARSING}Invalid type for {{option}} {other}. Only string or list allowed. Check quoting."
            ))),
        }
    }
}

/// `env`: names with text, a list of `NAME=value`, or such a list with commas in one text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Variables(pub BTreeMap<String, String>);

impl TryFrom<Value> for Variables {
    type Error = Sentence;

    fn try_from(given: Value) -> Result<Self, Sentence> {
        let lines: Vec<Option<String>> = match given {
            Value::Object(map) => {
                return Env::try_from(map.into_iter().collect::<BTreeMap<_, _>>()).map(|env| Variables(env.0));
            }
            Value::String(text) => text.split(',').map(|line| Some(line.to_owned())).collect(),
            Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            other => {
                return Err(Sentence(format!(
                    "{PARSING}Invalid type for {{option}} {other}. Only list or dict allowed."
                )));
            }
        };
        let pair = |line: Option<String>| {
            let line = line.unwrap_or_default();
            let (name, value) = line.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        };
        let pairs: Option<BTreeMap<_, _>> = lines.into_iter().map(pair).collect();
        // The value itself stays out of the message: it may be a secret.
        let refusal = || {
            Sentence(format!("{PARSING}Invalid environment variable found in list, needs to be in format KEY=VALUE."))
        };
        pairs.map(Variables).ok_or_else(refusal)
    }
}

impl Options {
    /// What replaces the image's entry point.
    pub fn command(&self) -> Option<Vec<String>> {
        self.command.as_ref().filter(|_| !self.command_as_args).map(|command| command.0.clone())
    }

    /// What follows the entry point.
    pub fn args(&self) -> Option<Vec<String>> {
        match (&self.command, &self.args) {
            (Some(command), args) if self.command_as_args => {
                Some(command.0.iter().chain(args.iter().flatten()).cloned().collect())
            }
            (_, args) => args.clone(),
        }
    }

    /// `command` and `args` as the user wrote them.
    pub fn written_command(&self) -> (Option<&Vec<String>>, Option<&Vec<String>>) {
        (self.command.as_ref().map(|command| &command.0), self.args.as_ref())
    }
}

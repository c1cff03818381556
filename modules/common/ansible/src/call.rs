//! One call of a module: its checked arguments and what Ansible says about the run.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Failure;
use crate::syslog::Log;

/// What a module is given. Check mode and diff are deliberately out of a module's sight: see [`Call::carry_out`].
#[derive(Debug)]
pub struct Call {
    pub(crate) params: Map<String, Value>,
    pub(crate) check_mode: bool,
    pub(crate) diff: bool,
    /// `None`: the task is not to be logged.
    pub(crate) log: Option<Log>,
    pub(crate) progress: Progress,
}

impl Call {
    /// The options as the module's own type. May be called for several types: each takes the fields that it knows.
    /// An option that was neither given nor defaulted is absent, so that it deserializes to `None`.
    ///
    /// # Errors
    /// Names the option whose value the type refuses.
    pub fn options<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        options_from(&self.params)
    }

    /// Adds a warning to the result.
    pub fn warn(&self, text: impl Into<String>) {
        self.progress.lock().warnings.push(text.into());
    }
}

/// Why an option's value is refused, as a message that is whole as it stands. Any other error that a type's
/// deserialization gives is led by the option's path; in this one the path goes where `{option}` is, if anywhere.
#[derive(Debug)]
pub struct Sentence(pub String);

/// Leads a [`Sentence`] through serde, which only knows text.
const SENTENCE: char = '\u{2}';

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SENTENCE}{}", self.0)
    }
}

/// See [`Call::options`].
pub(crate) fn options_from<T: DeserializeOwned>(params: &Map<String, Value>) -> Result<T, Failure> {
    let given: Map<String, Value> =
        params.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect();
    located::from_value(Value::Object(given)).map_err(|refused| {
        let path = refused.path();
        Failure::new(match (path.as_str(), refused.why.split_once(SENTENCE)) {
            (path, Some((_, sentence))) => sentence.replace("{option}", path),
            ("", None) => refused.why,
            (path, None) => format!("`{path}`: {}", refused.why),
        })
    })
}

/// What the run has said so far, kept apart from it so that a failure, a signal or a panic can tell it too.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Arc<Mutex<Said>>);

#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The actions done, as sentences.
    pub done: Vec<String>,
    /// The warnings for the user.
    pub warnings: Vec<String>,
}

impl Progress {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Said> {
        // A panic while it was held leaves it whole: it only ever grows.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, sentence: String) {
        self.lock().done.push(sentence);
    }

    pub(crate) fn done(&self) -> Vec<String> {
        self.lock().done.clone()
    }
}

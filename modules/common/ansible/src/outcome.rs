//! What a module answers: an [`Outcome`] when it went well, a [`Failure`] when it did not.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// A module's success: whether it changed something, and what the user can register.
#[derive(Debug, Default)]
pub struct Outcome {
    pub(crate) result: Map<String, Value>,
    /// Whether the diff is shown as it is, secrets or not.
    pub(crate) open_diff: bool,
}

impl Outcome {
    /// An outcome that changed nothing: for `*_info` modules.
    pub fn unchanged() -> Self {
        Outcome::new(false)
    }

    /// An outcome with `changed` as given, for the rare module that has no plan.
    pub fn new(changed: bool) -> Self {
        let mut result = Map::new();
        result.insert("changed".to_owned(), changed.into());
        Outcome { result, open_diff: false }
    }

    /// Adds a return value. A value that can't be serialized (a map with keys that are no strings) becomes null.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Serialize) -> Self {
        self.result.insert(key.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }

    /// The same outcome with a diff of the module's own in place of the plan's, in diff mode: for files, whose text says
    /// more than their facts.
    #[must_use]
    pub fn with_diff(self, diff: impl Serialize) -> Self {
        if self.result.contains_key("diff") { self.with("diff", diff) } else { self }
    }

    /// As [`Outcome::with_diff`], and a `no_log` option's value is shown in it: for an option whose value is the text that
    /// the user asked to see the difference of.
    #[must_use]
    pub fn with_open_diff(self, diff: impl Serialize) -> Self {
        Outcome { open_diff: true, ..self.with_diff(diff) }
    }

    /// The same outcome, changed or not as what is there afterwards tells: for actions whose effect nobody knows
    /// beforehand, such as a pull.
    #[must_use]
    pub fn changed_if(self, changed: bool) -> Self {
        self.with("changed", changed)
    }

    /// This outcome of a second stage, with what the first one did before it.
    #[must_use]
    pub fn after(mut self, first: Outcome) -> Self {
        let changed = self.changed() || first.changed();
        let actions = |outcome: &Outcome| outcome.result.get("actions").and_then(Value::as_array).cloned();
        let all: Vec<Value> = [actions(&first), actions(&self)].into_iter().flatten().flatten().collect();
        self.result.insert("changed".to_owned(), changed.into());
        self.result.insert("actions".to_owned(), all.into());
        self
    }

    /// Whether the module changed something (or would, in check mode).
    pub fn changed(&self) -> bool {
        self.result.get("changed").and_then(Value::as_bool).unwrap_or(false)
    }
}

/// A module's failure: `msg` for the user and any further return values.
///
/// Every error type converts into it by `?`: its message and those of its sources, joined by `: `.
#[derive(Debug)]
pub struct Failure {
    pub(crate) result: Map<String, Value>,
    verbatim: bool,
}

impl Failure {
    /// A failure with the message `msg`: what was being done, what went wrong, how to mend it.
    pub fn new(msg: impl Into<String>) -> Self {
        let mut result = Map::new();
        result.insert("failed".to_owned(), true.into());
        result.insert("msg".to_owned(), msg.into().into());
        Failure { result, verbatim: false }
    }

    /// A failure whose whole result is at hand.
    pub(crate) fn from_result(result: Map<String, Value>) -> Self {
        Failure { result, verbatim: false }
    }

    /// Adds a return value.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Serialize) -> Self {
        self.result.insert(key.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }

    /// Keeps the message as it is, without the action that failed before it: for messages that plays match on.
    #[must_use]
    pub fn verbatim(mut self) -> Self {
        self.verbatim = true;
        self
    }

    /// The message.
    pub fn msg(&self) -> &str {
        self.result.get("msg").and_then(Value::as_str).unwrap_or_default()
    }

    /// The same failure, its message followed by what came of it.
    #[must_use]
    pub fn and(self, more: &str) -> Self {
        let msg = format!("{}{more}", self.msg());
        self.with("msg", msg)
    }

    /// The same failure, its message led by what was being done.
    #[must_use]
    pub(crate) fn while_doing(self, action: &str) -> Self {
        if self.verbatim {
            return self;
        }
        let msg = format!("{action}: {}", self.msg());
        self.with("msg", msg)
    }

    /// The same failure, telling which actions were done before it.
    #[must_use]
    pub(crate) fn after(mut self, done: &[String]) -> Self {
        self.result.entry("changed").or_insert_with(|| json!(!done.is_empty()));
        self.result.insert("actions_done".to_owned(), json!(done));
        self
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut msg = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            // Many libraries repeat the cause in their own message; say it once.
            if !msg.contains(&text) {
                msg.push_str(": ");
                msg.push_str(&text);
            }
            source = cause.source();
        }
        Failure::new(msg)
    }
}

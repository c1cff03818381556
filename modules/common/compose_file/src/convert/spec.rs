//! A JSON object that leaves out what is empty, as the engine's own JSON does.

use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Default)]
pub(super) struct Spec(Map<String, Value>);

impl Spec {
    pub fn new() -> Spec {
        Spec::default()
    }

    /// Adds a field, unless it is null, false, 0, or an empty text, list or object.
    #[must_use]
    pub fn set(self, key: &str, value: impl Serialize) -> Spec {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        let empty = match &value {
            Value::Null | Value::Bool(false) => true,
            Value::Bool(true) => false,
            Value::Number(number) => number.as_f64() == Some(0.0),
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(map) => map.is_empty(),
        };
        if empty { self } else { self.put(key, value) }
    }

    /// Adds a field, whatever it is.
    #[must_use]
    pub fn put(mut self, key: &str, value: impl Serialize) -> Spec {
        self.0.insert(key.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }

    /// Adds a field that is there, whatever it is.
    #[must_use]
    pub fn put_some(self, key: &str, value: Option<impl Serialize>) -> Spec {
        match value {
            Some(value) => self.put(key, value),
            None => self,
        }
    }

    pub fn value(self) -> Value {
        Value::Object(self.0)
    }
}

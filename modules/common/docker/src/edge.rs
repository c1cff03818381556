//! What the engine says, normalised where it enters: our types know neither null nor a missing list.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;

/// One object of the engine: its own JSON, whole, for facts; and the fields that plans read, typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected<T> {
    /// The engine's answer, no field lost.
    pub raw: Value,
    /// The fields that we read.
    pub typed: T,
}

impl<T: DeserializeOwned> Inspected<T> {
    /// Lays our type over the engine's answer. The engine writes an empty list, map or string as null, or leaves it out;
    /// the type sees neither null nor difference, so it needs `#[serde(default)]` and nothing else. `what` names the
    /// object in the error: `volume db`.
    ///
    /// # Errors
    /// [`Error::Unexpected`]: a field that we read has another type than the API describes.
    pub fn new(raw: Value, what: &str) -> Result<Self, Error> {
        let typed = T::deserialize(without_nulls(&raw))
            .map_err(|error| Error::Unexpected { what: what.to_owned(), reason: error.to_string() })?;
        Ok(Inspected { raw, typed })
    }
}

/// The same value without the fields that are null, at any depth.
pub fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

//! What the engine says, normalised where it enters: our types know neither null nor a missing list.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::Error;

/// One object of the engine: its own JSON, whole, for facts; and the fields that plans read, typed.
#[derive(Debug, Clone, Default, PartialEq)]
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
        let typed = typed(&raw, what)?;
        Ok(Inspected { raw, typed })
    }
}

/// A part of an object that an update sends back whole: what we don't know of it must not get lost.
impl<'de, T: DeserializeOwned> Deserialize<'de> for Inspected<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Value::deserialize(deserializer)?;
        let typed = located::from_value(raw.clone()).map_err(D::Error::custom)?;
        Ok(Inspected { raw, typed })
    }
}

/// A part of the engine's answer as our type, which sees no null. `what` names it in the error: `the list of networks`.
///
/// # Errors
/// [`Error::Unexpected`]: a field that we read has another type than the API describes.
pub fn typed<T: DeserializeOwned>(raw: &Value, what: &str) -> Result<T, Error> {
    located::from_value(without_nulls(raw)).map_err(|refused| {
        let reason = match refused.path() {
            path if path.is_empty() => refused.why,
            path => format!("{path}: {}", refused.why),
        };
        Error::Unexpected { what: what.to_owned(), reason }
    })
}

/// A list of the engine's objects; null is an empty one.
///
/// # Errors
/// As [`typed`].
pub fn typed_list<T: DeserializeOwned>(raw: &Value, what: &str) -> Result<Vec<T>, Error> {
    if raw.is_null() { Ok(Vec::new()) } else { typed(raw, what) }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Thing {
        labels: BTreeMap<String, String>,
        parts: Vec<Thing>,
    }

    #[test]
    fn a_type_sees_no_null_and_the_raw_answer_keeps_it() {
        let raw = json!({ "labels": null, "parts": [{ "parts": null }], "more": null });
        let thing = Inspected::<Thing>::new(raw.clone(), "thing x").unwrap();
        assert_eq!(thing.typed, Thing { parts: vec![Thing::default()], ..Thing::default() });
        assert_eq!(thing.raw, raw);
        let error = Inspected::<Thing>::new(json!({ "labels": 1 }), "thing x").unwrap_err().to_string();
        assert!(
            error.starts_with("thing x: the answer is not what the API describes: labels: invalid type"),
            "{error}"
        );
    }
}

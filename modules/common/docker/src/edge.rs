//! What the engine says, normalised where it enters: our types know neither null nor a missing list.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
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
    /// Lays our type over the engine's answer. `what` names it in the error: `volume db`.
    ///
    /// # Errors
    /// [`Error::Unexpected`]: a field that we read has another type than the API describes.
    pub fn new(raw: Value, what: &str) -> Result<Self, Error> {
        let typed = T::deserialize(&raw)
            .map_err(|error| Error::Unexpected { what: what.to_owned(), reason: error.to_string() })?;
        Ok(Inspected { raw, typed })
    }
}

/// For `#[serde(deserialize_with = "null_is_empty", default)]`: the engine writes an empty list, map or string as null,
/// or leaves it out.
///
/// # Errors
/// Those of `T`.
pub fn null_is_empty<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

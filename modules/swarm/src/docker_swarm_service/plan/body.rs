//! The body of `POST /services/create` and `/services/{id}/update`, in the engine's words.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// A specification under way: from nothing, or from the one that is there, of which stays what nobody changes.
pub struct Body {
    spec: Value,
    kept: bool,
}

impl Body {
    /// From nothing.
    pub fn fresh() -> Self {
        Body { spec: json!({}), kept: false }
    }

    /// From the engine's own.
    pub fn of(spec: Value) -> Self {
        Body { spec, kept: true }
    }

    /// Writes what is wished and differs at `path` (names with dots between them). What a plan does not know (`None`) stays
    /// what it is, or the engine's default.
    pub fn put<T: Serialize + PartialEq>(&mut self, path: &str, before: &Option<T>, after: &Option<T>) {
        self.put_as(path, before, after, |value| json!(value));
    }

    /// As [`Body::put`], for what the engine writes otherwise than the options.
    pub fn put_as<T: PartialEq>(
        &mut self,
        path: &str,
        before: &Option<T>,
        after: &Option<T>,
        wire: impl Fn(&T) -> Value,
    ) {
        if let Some(value) = after.as_ref().filter(|_| before != after) {
            *self.at(path) = wire(value);
        }
    }

    /// Fills in what the object at `path` lacks, if there is one: `fresh` where all is made anew, `kept` in one that is there.
    pub fn fill(&mut self, path: &str, fresh: Value, kept: Value) {
        let pointer = format!("/{}", path.replace('.', "/"));
        let Some(Value::Object(there)) = self.spec.pointer_mut(&pointer) else { return };
        let defaults = if self.kept { kept } else { fresh };
        for (name, value) in defaults.as_object().into_iter().flatten() {
            there.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }

    /// The whole.
    pub fn into_value(self) -> Value {
        self.spec
    }

    /// The place of `path`, with the objects on the way to it.
    fn at(&mut self, path: &str) -> &mut Value {
        path.split('.').fold(&mut self.spec, |place, name| {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            &mut place[name]
        })
    }
}

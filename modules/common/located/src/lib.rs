//! Reads a type from a JSON value, and tells where in the value an error arose.
//!
//! `serde_path_to_error` does so for any format, by wrapping a deserializer: each type is then compiled several times.
//! Knowing that the format is a [`Value`], once is enough (decision 0003).

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value, map};

/// Why a value is refused, and where in it.
#[derive(Debug)]
pub struct Refused {
    /// The steps to the place, the innermost first.
    steps: Vec<Step>,
    /// What the type says.
    pub why: String,
}

#[derive(Debug)]
enum Step {
    Key(String),
    Index(usize),
}

/// Reads a `T` from a value.
///
/// # Errors
/// What the type refuses, and where.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Refused> {
    T::deserialize(Given(value))
}

impl Refused {
    /// The place as a user would write it, `networks[0].name`; empty for the whole value.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for step in self.steps.iter().rev() {
            match step {
                Step::Key(key) if path.is_empty() => path.push_str(key),
                Step::Key(key) => {
                    path.push('.');
                    path.push_str(key);
                }
                Step::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }

    fn under(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Refused {}

impl serde::de::Error for Refused {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self { steps: Vec::new(), why: why.to_string() }
    }
}

struct Given(Value);

impl<'de> Deserializer<'de> for Given {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(value) => match (value.as_u64(), value.as_i64(), value.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (None, Some(value), _) => visitor.visit_i64(value),
                (None, None, Some(value)) => visitor.visit_f64(value),
                (None, None, None) => Err(Refused::custom("a number out of range")),
            },
            Value::String(value) => visitor.visit_string(value),
            Value::Array(values) => {
                let len = values.len();
                let mut elements = Elements { left: values.into_iter(), index: 0 };
                let read = visitor.visit_seq(&mut elements)?;
                if elements.left.len() > 0 {
                    return Err(Refused::invalid_length(len, &"fewer elements"));
                }
                Ok(read)
            }
            Value::Object(values) => visitor.visit_map(Entries::of(values)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    /// An enum is a choice: a word. None of ours carries data.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        match self.0 {
            Value::String(choice) => visitor.visit_enum(choice.into_deserializer()),
            other => Err(Refused::invalid_type(unexpected(&other), &"a string")),
        }
    }

    /// A mapping only: a list of its fields, which serde would take too, is in no JSON of ours, and reading it is a third
    /// of the code of each type.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        match self.0 {
            Value::Object(values) => visitor.visit_map(Entries::of(values)),
            other => Err(Refused::invalid_type(unexpected(&other), &visitor)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

fn unexpected(value: &Value) -> Unexpected<'_> {
    match value {
        Value::Null => Unexpected::Unit,
        Value::Bool(value) => Unexpected::Bool(*value),
        Value::Number(_) => Unexpected::Other("number"),
        Value::String(text) => Unexpected::Str(text),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
    }
}

struct Elements {
    left: std::vec::IntoIter<Value>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Elements {
    type Error = Refused;

    #[inline(never)]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refused> {
        let Some(value) = self.left.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(Given(value)).map(Some).map_err(|error| error.under(Step::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.len())
    }
}

struct Entries {
    left: map::IntoIter,
    /// The entry whose key has been read.
    open: Option<(String, Value)>,
}

impl Entries {
    fn of(values: Map<String, Value>) -> Self {
        Self { left: values.into_iter(), open: None }
    }
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        let Some((key, value)) = self.left.next() else { return Ok(None) };
        let name: StringDeserializer<Refused> = key.clone().into_deserializer();
        let read = seed.deserialize(name).map_err(|error| error.under(Step::Key(key.clone())))?;
        self.open = Some((key, value));
        Ok(Some(read))
    }

    // Once for each type of value, not for each field that has it.
    #[inline(never)]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refused> {
        let Some((key, value)) = self.open.take() else {
            return Err(Refused::custom("a value was asked for before its key"));
        };
        seed.deserialize(Given(value)).map_err(|error| error.under(Step::Key(key)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.len())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Options {
        name: String,
        networks: Option<Vec<Network>>,
        state: Option<State>,
        pair: Option<(u8, i64)>,
        raw: Option<Value>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Network {
        labels: BTreeMap<String, u8>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum State {
        Present,
    }

    #[test]
    fn reads_as_serde_json_does() {
        for given in [
            json!({"name": "web"}),
            json!({"name": "web", "networks": null, "pair": [1, -2], "raw": {"a": [1, 1.5, "x", null, true]}}),
            json!({"name": "web", "networks": [{"labels": {"a": 1}}], "state": "present", "more": [1]}),
        ] {
            let expected: Options = serde_json::from_value(given.clone()).unwrap();
            assert_eq!(from_value::<Options>(given).unwrap(), expected);
        }
    }

    #[test]
    fn an_error_knows_its_place() {
        for (given, path, why) in [
            (json!({}), "", "missing field `name`"),
            (json!({"name": 1}), "name", "invalid type: integer `1`, expected a string"),
            (json!({"name": "web", "networks": [{"labels": {}}, {}]}), "networks[1]", "missing field `labels`"),
            (
                json!({"name": "web", "networks": [{"labels": {"a": 256}}]}),
                "networks[0].labels.a",
                "invalid value: integer `256`, expected u8",
            ),
            (json!({"name": "web", "state": "gone"}), "state", "unknown variant `gone`, expected `present`"),
            (json!({"name": "web", "state": 1.5}), "state", "invalid type: number, expected a string"),
            (json!({"name": "web", "pair": [1, 2, 3]}), "pair", "invalid length 3, expected fewer elements"),
        ] {
            let refused = from_value::<Options>(given).unwrap_err();
            assert_eq!((refused.path().as_str(), refused.why.as_str()), (path, why));
        }
    }
}

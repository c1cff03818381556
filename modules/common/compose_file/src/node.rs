//! A compose file as a tree whose every value knows its place.

use indexmap::IndexMap;
use serde_json::Value;

use crate::{Error, Place, scalar};

/// A value, and where it stands: what stands under a key has the key's place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub data: Data,
    pub place: Place,
    pub order: Option<Order>,
}

/// What an override file says about what it overrides, by a YAML tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// `!reset`: as if the key had never been there.
    Reset,
    /// `!override`: this, and nothing of what was there.
    Override,
}

/// A mapping, in the order of the file.
pub(crate) type Map = IndexMap<String, Node>;

#[derive(Clone, Debug)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Map),
}

impl Node {
    pub fn new(data: Data, place: &Place) -> Node {
        Node { data, place: place.clone(), order: None }
    }

    pub fn text(text: impl Into<String>, place: &Place) -> Node {
        Node::new(Data::Text(text.into()), place)
    }

    pub fn map(&self) -> Option<&Map> {
        if let Data::Map(map) = &self.data { Some(map) } else { None }
    }

    pub fn map_mut(&mut self) -> Option<&mut Map> {
        if let Data::Map(map) = &mut self.data { Some(map) } else { None }
    }

    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// A scalar as text, as Docker writes it where it wants text; `None` for null, a list or a mapping.
    pub fn scalar(&self) -> Option<String> {
        match &self.data {
            Data::Bool(value) => Some(value.to_string()),
            Data::Integer(value) => Some(value.to_string()),
            Data::Float(value) => Some(scalar::float_as_text(*value)),
            Data::Text(text) => Some(text.clone()),
            Data::Null | Data::List(_) | Data::Map(_) => None,
        }
    }

    /// What it is, in an error's words.
    pub fn kind(&self) -> &'static str {
        match self.data {
            Data::Null => "empty",
            Data::Bool(_) => "a boolean",
            Data::Integer(_) | Data::Float(_) => "a number",
            Data::Text(_) => "text",
            Data::List(_) => "a list",
            Data::Map(_) => "a mapping",
        }
    }

    /// A definition that came as data, not as text: it has no lines.
    ///
    /// # Errors
    /// It is nested deeper than [`crate::yaml::DEEPEST`].
    pub fn from_json(value: &Value, place: &Place, depth: usize) -> Result<Node, Error> {
        if depth > crate::yaml::DEEPEST {
            return Err(Error::at(place, "it is nested too deeply"));
        }
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(value) => Data::Bool(*value),
            Value::Number(number) => {
                number.as_i64().map_or_else(|| Data::Float(number.as_f64().unwrap_or(f64::NAN)), Data::Integer)
            }
            Value::String(text) => Data::Text(text.clone()),
            Value::Array(items) => {
                Data::List(items.iter().map(|item| Node::from_json(item, place, depth + 1)).collect::<Result<_, _>>()?)
            }
            Value::Object(entries) => Data::Map(
                entries
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), Node::from_json(value, place, depth + 1)?)))
                    .collect::<Result<_, Error>>()?,
            ),
        };
        Ok(Node::new(data, place))
    }
}

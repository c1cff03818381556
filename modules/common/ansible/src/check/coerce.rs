//! Turns a value into what its option's type wants, as leniently as Ansible does.

use serde_json::Value;

use super::{dict, number, path};
use crate::python;
use crate::spec::Kind;

/// `value` as `kind`; `None` when it is right as it stands.
///
/// # Errors
/// The last part of Ansible's message.
pub(super) fn to(kind: Kind, value: &Value) -> Result<Option<Value>, String> {
    match kind {
        Kind::Raw => Ok(None),
        Kind::Str => Ok(text(value).map(Value::String)),
        Kind::Path => {
            let text = text(value).unwrap_or_else(|| python::str(value));
            Ok(Some(path::expand(&text).into()))
        }
        Kind::Int => number::int(value),
        Kind::Float => number::float(value),
        Kind::Bytes => number::size(value, false).map(Some),
        Kind::Bits => number::size(value, true).map(Some),
        Kind::Bool => boolean(value),
        Kind::List => list(value),
        Kind::Dict => match value {
            Value::Object(_) => Ok(None),
            Value::String(text) => dict::from_text(text).map(|map| Some(map.into())),
            other => Err(refused(other, "a dict")),
        },
        Kind::Json | Kind::Jsonarg => match value {
            Value::String(text) => Ok(Some(python::strip(text).into())),
            Value::Array(_) | Value::Object(_) => Ok(Some(python::dumps(value).into())),
            other => Err(refused(other, "a json string")),
        },
    }
}

/// `<class 'dict'> cannot be converted to a list`.
pub(super) fn refused(value: &Value, wanted: &str) -> String {
    format!("<class '{}'> cannot be converted to {wanted}", python::type_name(value))
}

/// A string of a value that is none. Null is the empty one.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(_) => None,
        Value::Null => Some(String::new()),
        other => Some(python::str(other)),
    }
}

fn list(value: &Value) -> Result<Option<Value>, String> {
    match value {
        Value::Array(_) => Ok(None),
        Value::String(text) => Ok(Some(text.split(',').collect())),
        Value::Number(_) | Value::Bool(_) => Ok(Some([python::str(value)].into_iter().collect())),
        other => Err(refused(other, "a list")),
    }
}

fn boolean(value: &Value) -> Result<Option<Value>, String> {
    let truth = match value {
        Value::Bool(_) => return Ok(None),
        Value::String(text) => match python::strip(&text.to_lowercase()) {
            "y" | "yes" | "on" | "1" | "true" | "t" => Some(true),
            "n" | "no" | "off" | "0" | "false" | "f" => Some(false),
            _ => None,
        },
        Value::Number(number) if number.as_f64() == Some(1.0) => Some(true),
        Value::Number(number) if number.as_f64() == Some(0.0) => Some(false),
        Value::Number(_) => None,
        other => return Err(refused(other, "a bool")),
    };
    truth.map(|truth| Some(truth.into())).ok_or_else(|| {
        // Ansible lists them in an order that changes from run to run.
        format!(
            "The value '{}' is not a valid boolean. Valid booleans include: \
             'y', 'yes', 'on', '1', 'true', 't', 1, 'n', 'no', 'off', '0', 'false', 'f', 0",
            python::str(value)
        )
    })
}

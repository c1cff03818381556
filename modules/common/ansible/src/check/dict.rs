//! Dicts written as text: JSON, a Python literal, or `k=v` pairs.

use serde_json::{Map, Value};

use super::literal;
use crate::python;

/// The dict that a text stands for.
///
/// # Errors
/// In Ansible's words.
pub(super) fn from_text(text: &str) -> Result<Map<String, Value>, String> {
    if text.starts_with('{') {
        return match serde_json::from_str(text) {
            Ok(Value::Object(map)) => Some(map),
            _ => literal::dict(text),
        }
        .ok_or_else(|| "unable to evaluate string as dictionary".to_owned());
    }
    if !text.contains('=') {
        return Err("dictionary requested, could not parse JSON or key=value".to_owned());
    }
    fields(python::strip(text))
        .iter()
        .map(|field| {
            let (key, value) = field
                .split_once('=')
                .ok_or_else(|| "unable to evaluate string in the \"key=value\" format as dictionary".to_owned())?;
            Ok((key.to_owned(), value.into()))
        })
        .collect()
}

/// Splits at commas and blanks that are neither quoted nor escaped; quotes and backslashes go.
fn fields(text: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut quote = None;
    let mut escaped = false;
    for c in text.chars() {
        match c {
            c if escaped => {
                field.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '\'' | '"' if quote.is_none() => quote = Some(c),
            c if quote == Some(c) => quote = None,
            ',' | ' ' if quote.is_none() => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    fields.retain(|field| !field.is_empty());
    fields
}

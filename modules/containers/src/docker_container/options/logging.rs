//! `log_options`: how they are written.

use std::collections::BTreeMap;

use docker_module::Text;
use serde::Deserialize;
use serde_json::Value;

/// Options of a log driver, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, Value>")]
pub struct LogOptions {
    pub values: BTreeMap<String, String>,
    /// Those that were no text.
    converted: Vec<String>,
}

impl TryFrom<BTreeMap<String, Value>> for LogOptions {
    type Error = serde_json::Error;

    fn try_from(given: BTreeMap<String, Value>) -> Result<Self, Self::Error> {
        let mut options = LogOptions::default();
        for (name, value) in given {
            if !value.is_string() {
                options.converted.push(name.clone());
            }
            let Text(text) = serde_json::from_value(value)?;
            options.values.insert(name, text);
        }
        Ok(options)
    }
}

impl LogOptions {
    /// The peer's wording, which plays match on.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.converted.iter().map(|name| {
            format!(
                "Non-string value found for log_options option '{name}'. The value is automatically converted to \
                 '{}'. If this is not correct, or you want to avoid such warnings, please quote the value, or \
                 explicitly convert the values to strings when templating them.",
                self.values.get(name).map_or("", String::as_str)
            )
        })
    }
}

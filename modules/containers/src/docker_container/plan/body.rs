//! The bodies of `POST /containers/create` and `/containers/{id}/update`, in the engine's words.
//!
//! Plain JSON on purpose: bollard's typed body lacks what old engines take (`KernelMemory`, the container's
//! `MacAddress`) and what new ones bring.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// The two levels that options go to.
#[derive(Default)]
pub struct Body {
    /// The top level: `Config`.
    pub config: Map<String, Value>,
    /// Its `HostConfig`.
    pub host_config: Map<String, Value>,
}

impl Body {
    /// The whole body.
    pub fn into_value(mut self) -> Value {
        self.config.insert("HostConfig".to_owned(), Value::Object(self.host_config));
        Value::Object(self.config)
    }
}

/// Writes a field if there is something to write; otherwise the engine's or the image's default holds.
pub fn put(map: &mut Map<String, Value>, field: &str, value: &Option<impl Serialize>) {
    if let Some(value) = value {
        map.insert(field.to_owned(), json!(value));
    }
}

//! Volumes: `GET /volumes/{name}`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Engine, Error, Inspected, null_is_empty};

/// What plans read of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Volume {
    /// Its name, unique on the engine.
    pub name: String,
    /// `local`, or a plug-in's name.
    pub driver: String,
    /// The driver's options, as given when it was made.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub options: BTreeMap<String, String>,
    /// Its labels.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl Engine {
    /// The volume `name`; `None` when there is none.
    ///
    /// # Errors
    /// The engine can't be reached or refuses, as a plug-in's volume does while the plug-in is away.
    pub async fn volume(&self, name: &str) -> Result<Option<Inspected<Volume>>, Error> {
        let raw = self.get_optional(&format!("/volumes/{name}"), &[]).await?;
        raw.map(|raw| Inspected::new(raw, &format!("volume {name}"))).transpose()
    }
}

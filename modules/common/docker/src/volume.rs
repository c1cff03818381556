//! Volumes: `GET /volumes/{name}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Engine, Error, Inspected};

/// What plans read of a volume. It serializes in small letters, for the eyes of users.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "PascalCase"), default)]
pub struct Volume {
    /// Its name, unique on the engine.
    pub name: String,
    /// `local`, or a plug-in's name.
    pub driver: String,
    /// The driver's options, as given when it was made.
    #[serde(rename(deserialize = "Options"))]
    pub driver_options: BTreeMap<String, String>,
    /// Its labels.
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

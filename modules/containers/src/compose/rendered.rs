//! What the project's files say, as Compose itself understands them.

use std::collections::BTreeMap;

use ansible::Failure;
use serde_json::Value;

use super::Compose;

/// The files, merged, with their variables filled in.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// `docker compose config` as JSON, with single dollar signs.
    pub config: Value,
    /// What Compose writes on a container of each service, to see whether the service has changed.
    pub hashes: BTreeMap<String, String>,
}

impl Compose<'_> {
    /// # Errors
    /// The plug-in can't be started. Files that it does not understand say nothing here: the work itself fails by them.
    pub async fn rendered(&self) -> Result<Rendered, Failure> {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let config = self.run(&words("config --format json"), None).await?;
        let hashes = self.run(&words("config --hash *"), None).await?;
        let pair =
            |line: &str| line.split_once(' ').map(|(service, hash)| (service.to_owned(), hash.trim().to_owned()));
        let config = serde_json::from_str(&config.stdout).map(single_dollars).unwrap_or_default();
        Ok(Rendered { config, hashes: hashes.stdout.lines().filter_map(pair).collect() })
    }
}

/// Compose writes a dollar sign twice, so that what it prints can be read as a file again.
fn single_dollars(value: Value) -> Value {
    match value {
        Value::String(text) => text.replace("$$", "$").into(),
        Value::Array(items) => items.into_iter().map(single_dollars).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, single_dollars(value))).collect(),
        other => other,
    }
}

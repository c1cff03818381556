//! What the project's files say, as Compose itself understands them.

use std::collections::{BTreeMap, BTreeSet};

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

impl Rendered {
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.config["services"].as_object().into_iter().flatten().map(|(name, _)| name.as_str())
    }

    /// The name of a service's image: what the files say, or what Compose gives to one that it builds.
    pub fn image(&self, service: &str) -> String {
        let said = self.config["services"][service]["image"].as_str();
        let project = self.config["name"].as_str().unwrap_or_default();
        said.map_or_else(|| format!("{project}-{service}"), str::to_owned)
    }

    /// These services and those that they depend on.
    pub fn with_dependencies(&self, services: &[String]) -> BTreeSet<String> {
        let mut all: BTreeSet<String> = BTreeSet::new();
        let mut next: Vec<String> = services.to_vec();
        while let Some(name) = next.pop() {
            let needs = self.config["services"][&name]["depends_on"].as_object().into_iter().flatten();
            next.extend(needs.map(|(name, _)| name.clone()).filter(|name| !all.contains(name)));
            all.insert(name);
        }
        all
    }
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

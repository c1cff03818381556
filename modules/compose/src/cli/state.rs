//! What there is of a project: its containers and images, as Compose lists them.

use std::collections::BTreeMap;

use ansible::Failure;
use docker::Engine;
use serde_json::{Map, Value};

use super::Compose;

#[derive(Clone, Debug, Default)]
pub struct State {
    pub containers: Vec<Value>,
    pub images: Vec<Value>,
}

impl Compose<'_> {
    /// The project's containers and their images. One that Compose can't list has none.
    ///
    /// # Errors
    /// The plug-in can't be started.
    pub async fn state(&self) -> Result<State, Failure> {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let containers = self.run(&words("ps --format json --all --no-trunc"), None).await?;
        let images = self.run(&words("images --format json"), None).await?;
        Ok(State {
            containers: items(&containers.stdout).into_iter().map(container).collect(),
            images: items(&images.stdout),
        })
    }

    /// The IDs of the images that the project's services name, as far as they are on the engine.
    ///
    /// # Errors
    /// The plug-in can't be started, or the engine not be reached.
    pub async fn image_ids(&self, engine: &Engine) -> Result<BTreeMap<String, String>, Failure> {
        let listed = self.run(&["config".to_owned(), "--images".to_owned()], None).await?;
        let mut ids = BTreeMap::new();
        for name in listed.stdout.lines().map(str::trim).filter(|name| !name.is_empty()) {
            if let Some(image) = engine.image(name).await? {
                ids.insert(name.to_owned(), image.typed.id);
            }
        }
        Ok(ids)
    }
}

impl State {
    /// Whether a container runs, of these services; of any when none is named.
    pub fn runs(&self, services: &[String]) -> bool {
        self.containers.iter().any(|container| {
            let text = |key: &str| container.get(key).and_then(Value::as_str).unwrap_or_default();
            let meant = services.is_empty() || services.iter().any(|service| service == text("Service"));
            meant && !["created", "exited", "stopped", "dead", "removing"].contains(&text("State"))
        })
    }
}

/// A list as Compose prints it: one array, an object a line (`ps` since 2.21), or an object of objects (`images` of
/// some versions).
fn items(text: &str) -> Vec<Value> {
    match serde_json::from_str(text.trim()) {
        Ok(Value::Array(items)) => items,
        Ok(Value::Object(map)) if map.values().all(Value::is_object) && !map.is_empty() => map.into_values().collect(),
        Ok(item @ Value::Object(_)) => vec![item],
        _ => text.lines().filter_map(|line| serde_json::from_str(line).ok()).filter(Value::is_object).collect(),
    }
}

/// A container with its lists as lists.
fn container(mut container: Value) -> Value {
    let parts = |value: &Value| -> Option<Vec<String>> {
        let text = value.as_str()?;
        Some(text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect())
    };
    for key in ["Names", "Networks"] {
        if let Some(list) = container.get(key).and_then(parts) {
            container[key] = list.into();
        }
    }
    if let Some(list) = container.get("Labels").and_then(parts) {
        let pair = |label: &String| {
            let (key, value) = label.split_once('=').unwrap_or((label, ""));
            (key.to_owned(), Value::from(value))
        };
        container["Labels"] = Value::Object(list.iter().map(pair).collect::<Map<_, _>>());
    }
    if container.get("Publishers").is_some_and(Value::is_null) {
        container["Publishers"] = Value::Array(vec![]);
    }
    container
}

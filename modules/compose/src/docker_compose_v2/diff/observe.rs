//! Reads what runs of a project.

use ansible::Failure;
use docker::Engine;
use serde_json::{Value, json};

use super::Found;
use crate::cli::Compose;

/// Reads, changes nothing.
///
/// # Errors
/// The plug-in can't be started, or the engine not be reached.
pub async fn observe(compose: &Compose<'_>, engine: &Engine) -> Result<Found, Failure> {
    let mut found = Found { rendered: compose.rendered().await?, ..Found::default() };
    let Some(project) = found.rendered.config["name"].as_str() else { return Ok(found) };
    let label = format!("com.docker.compose.project={project}");
    let filters = json!({ "label": [label] }).to_string();
    let list = async |path: &str, more: &[(&str, &str)]| -> Result<Vec<Value>, Failure> {
        let query: Vec<_> = more.iter().copied().chain([("filters", filters.as_str())]).collect();
        Ok(match engine.get(path, &query).await? {
            Value::Array(items) => items,
            _ => vec![],
        })
    };
    for listed in list("/containers/json", &[("all", "1")]).await? {
        let own = |name: &str| listed["Labels"][format!("com.docker.compose.{name}")].as_str().unwrap_or_default();
        let id = listed["Id"].as_str().unwrap_or_default();
        if own("oneoff") == "True" || own("service").is_empty() {
            continue;
        }
        if let Some(container) = engine.get_optional(&format!("/containers/{id}/json"), &[]).await? {
            found.containers.entry(own("service").to_owned()).or_default().push(container);
        }
    }
    let of = |item: &Value, key: &str| item[key].as_str().map(str::to_owned);
    let mut images: Vec<String> =
        found.containers.values().flatten().filter_map(|container| of(container, "Image")).collect();
    images.extend(found.rendered.services().map(|name| found.rendered.image(name)));
    images.sort();
    images.dedup();
    for name in images {
        if let Some(image) = engine.get_optional(&format!("/images/{name}/json"), &[]).await? {
            found.images.insert(name, image);
        }
    }
    found.networks = list("/networks", &[]).await?.iter().filter_map(|network| of(network, "Name")).collect();
    let volumes = engine.get("/volumes", &[("filters", &filters)]).await?;
    let volumes = volumes["Volumes"].as_array().into_iter().flatten();
    found.volumes = volumes.filter_map(|volume| of(volume, "Name")).collect();
    Ok(found)
}

//! Why a project did not come up: what its containers tell.

use docker::Engine;
use serde_json::Value;

use super::options::Options;
use docker_module::diagnosis;

/// More than so many containers say no more.
const MOST: usize = 5;

/// A sentence for each container that is not well: of those that the failure names, and of all that were waited for.
pub async fn why(engine: &Engine, options: &Options, message: &str, containers: &[Value]) -> String {
    let mut text = String::new();
    let suspects = containers.iter().filter(|container| is_unwell(container)).filter(|container| {
        let meant = options.services.is_empty() || options.services.iter().any(|name| container["Service"] == **name);
        (options.wait && meant) || container["Name"].as_str().is_some_and(|name| message.contains(name))
    });
    for container in suspects.take(MOST) {
        let (id, name) = (container["ID"].as_str().unwrap_or_default(), container["Name"].as_str().unwrap_or_default());
        // One that can't be asked has nothing to tell.
        if let Ok(Some(found)) = engine.container(id).await {
            text += &format!("\ncontainer {name}: {}", diagnosis::of(engine, &found.typed).await);
        }
    }
    text
}

/// As `docker compose ps` has it.
fn is_unwell(container: &Value) -> bool {
    container["State"] != "running" || !matches!(container["Health"].as_str(), None | Some("" | "healthy"))
}

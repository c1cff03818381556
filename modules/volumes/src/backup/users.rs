//! Who uses a volume: containers, and the services whose tasks some of them are.

use std::path::Path;

use ansible::Failure;
use docker::container::Container;
use docker::{Engine, Part};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A container that has a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct User {
    /// Its ID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `running`, `paused`, `restarting`, `exited`, `created` …
    pub state: String,
    /// Whether the engine removes it when it stops.
    pub auto_remove: bool,
    /// When it was started, RFC 3339.
    pub started: String,
    /// How many seconds it gets to stop.
    pub stop_timeout: i64,
    /// The service whose task it is.
    pub service: Option<TaskOf>,
}

/// A service whose tasks use a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskOf {
    /// Its ID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many tasks it is to have; `None` where each node has one, or where this engine can't tell.
    pub replicas: Option<i64>,
    /// Whether this engine may change it.
    pub manager: bool,
}

impl User {
    /// Whether its processes run, so that they write to the volume.
    pub fn runs(&self) -> bool {
        matches!(self.state.as_str(), "running" | "restarting")
    }
}

/// The containers that have the volume, by its name or as a directory in it, those that were started first before.
///
/// # Errors
/// The engine can't be reached.
pub async fn of(engine: &Engine, volume: &str, path: &Path) -> Result<Vec<User>, Failure> {
    let listed = engine.get("/containers/json", &[("all", "1")]).await?;
    let mut users = Vec::new();
    for container in listed.as_array().into_iter().flatten() {
        let mounts = container.get("Mounts").and_then(Value::as_array).into_iter().flatten();
        let uses = |mount: &Value| {
            let text = |key: &str| mount.get(key).and_then(Value::as_str).unwrap_or_default();
            text("Name") == volume || Path::new(text("Source")).starts_with(path)
        };
        if !mounts.into_iter().any(uses) {
            continue;
        }
        let id = container.get("Id").and_then(Value::as_str).unwrap_or_default();
        // It may have gone meanwhile.
        if let Some(found) = engine.container(id).await? {
            let started = found.raw.pointer("/State/StartedAt").and_then(Value::as_str).unwrap_or_default();
            users.push(user(engine, &found.typed, started).await?);
        }
    }
    users.sort_by(|one, other| (&one.started, &one.name).cmp(&(&other.started, &other.name)));
    Ok(users)
}

async fn user(engine: &Engine, container: &Container, started: &str) -> Result<User, Failure> {
    let label = |key: &str| container.config.labels.get(key).filter(|text| !text.is_empty());
    let service = match label("com.docker.swarm.service.id") {
        Some(id) => Some(task_of(engine, id, label("com.docker.swarm.service.name")).await?),
        None => None,
    };
    Ok(User {
        id: container.id.clone(),
        name: container.bare_name().to_owned(),
        state: container.state.status.clone(),
        auto_remove: container.host_config.auto_remove,
        started: started.to_owned(),
        stop_timeout: container.config.stop_timeout.unwrap_or(10),
        service,
    })
}

async fn task_of(engine: &Engine, id: &str, name: Option<&String>) -> Result<TaskOf, Failure> {
    let name = name.cloned().unwrap_or_else(|| id.to_owned());
    if engine.local_node().await?.part() != Part::Manager {
        return Ok(TaskOf { id: id.to_owned(), name, replicas: None, manager: false });
    }
    let service = engine.service(id).await?;
    let replicas = service.and_then(|service| service.typed.spec.typed.mode.replicated?.replicas);
    Ok(TaskOf { id: id.to_owned(), name, replicas, manager: true })
}

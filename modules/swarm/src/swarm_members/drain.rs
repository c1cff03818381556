//! Drained nodes: waits until their tasks are gone, and tells where they went.

use std::collections::BTreeMap;
use std::time::Duration;

use ansible::Failure;
use docker::Engine;
use serde_json::{Value, json};

/// What ran on a node before it was drained.
pub struct Drained {
    id: String,
    /// The service and the task's place in it, 0 where each node has one.
    tasks: Vec<(String, u64)>,
}

impl Drained {
    pub async fn before(engine: &Engine, id: &str) -> Result<Drained, Failure> {
        let tasks = running(engine, &json!({"node": [id]})).await?;
        Ok(Drained { id: id.to_owned(), tasks: tasks.iter().map(place).collect() })
    }

    /// Waits so many seconds until nothing runs there any more; where each task is now, a sentence each.
    ///
    /// # Errors
    /// Something still runs.
    pub async fn gone(self, engine: &Engine, seconds: u64) -> Result<Vec<String>, Failure> {
        let mut left = Vec::new();
        for _ in 0..=seconds.saturating_mul(2) {
            // What is to stop counts until it has.
            left = all(engine, &json!({"node": [self.id]})).await?;
            left.retain(|task| {
                ["running", "starting", "ready", "preparing", "assigned", "accepted"].contains(&state(task))
            });
            if left.is_empty() {
                return self.whereabouts(engine).await;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let names = names(engine).await?;
        let left: Vec<String> = left.iter().map(|task| named(&names, &place(task))).collect();
        Err(Failure::new(format!(
            "after {seconds} s (`drain_timeout`) these tasks still run on the node, which gets no new ones: {}",
            left.join(", ")
        )))
    }

    /// A task that has not found its new place yet gets a moment.
    async fn whereabouts(self, engine: &Engine) -> Result<Vec<String>, Failure> {
        let (names, nodes) = (names(engine).await?, nodes(engine).await?);
        let mut told = Vec::new();
        for _ in 0..20 {
            let now = running(engine, &json!({})).await?;
            let at = |task: &(String, u64)| {
                let same = now.iter().find(|other| place(other) == *task && other["NodeID"] != json!(self.id));
                same.and_then(|other| nodes.get(other["NodeID"].as_str()?).cloned())
            };
            told = self
                .tasks
                .iter()
                .map(|task| (task, at(task)))
                .map(|(task, node)| sentence(&names, task, node))
                .collect();
            let waiting = self.tasks.iter().any(|task| task.1 > 0 && at(task).is_none());
            if !waiting {
                break;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        Ok(told)
    }
}

fn sentence(names: &BTreeMap<String, String>, task: &(String, u64), node: Option<String>) -> String {
    let name = named(names, task);
    match (node, task.1) {
        (Some(node), 1..) => format!("{name} runs on {node}"),
        (None, 1..) => format!("{name} runs nowhere: no node takes it"),
        (_, 0) => format!("{name} is gone, since each node has its own"),
    }
}

fn named(names: &BTreeMap<String, String>, (service, slot): &(String, u64)) -> String {
    let name = names.get(service).map_or(service.as_str(), String::as_str);
    if *slot == 0 { name.to_owned() } else { format!("{name}.{slot}") }
}

fn place(task: &Value) -> (String, u64) {
    (task["ServiceID"].as_str().unwrap_or_default().to_owned(), task["Slot"].as_u64().unwrap_or_default())
}

fn state(task: &Value) -> &str {
    task["Status"]["State"].as_str().unwrap_or_default()
}

async fn all(engine: &Engine, filters: &Value) -> Result<Vec<Value>, Failure> {
    let tasks = engine.get("/tasks", &[("filters", &filters.to_string())]).await?;
    Ok(tasks.as_array().cloned().unwrap_or_default())
}

async fn running(engine: &Engine, filters: &Value) -> Result<Vec<Value>, Failure> {
    let mut tasks = all(engine, filters).await?;
    tasks.retain(|task| task["DesiredState"] == json!("running"));
    Ok(tasks)
}

async fn names(engine: &Engine) -> Result<BTreeMap<String, String>, Failure> {
    pairs(engine, "/services", "/Spec/Name").await
}

async fn nodes(engine: &Engine) -> Result<BTreeMap<String, String>, Failure> {
    pairs(engine, "/nodes", "/Description/Hostname").await
}

async fn pairs(engine: &Engine, list: &str, at: &str) -> Result<BTreeMap<String, String>, Failure> {
    let objects = engine.get(list, &[]).await?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(objects
        .as_array()
        .into_iter()
        .flatten()
        .map(|object| (text(object.get("ID")), text(object.pointer(at))))
        .collect())
}

//! Tasks of a swarm: `GET /tasks`.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::service::ContainerSpec;
use crate::{Engine, Error, Inspected, Service};

/// What is read of a task.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Task {
    /// Its ID: 25 letters and digits.
    #[serde(rename = "ID")]
    pub id: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// The service that it belongs to.
    #[serde(rename = "ServiceID")]
    pub service_id: String,
    /// Which of the service's tasks it is; 0 where each node has one.
    pub slot: u64,
    /// The node that it was given to; empty before.
    #[serde(rename = "NodeID")]
    pub node_id: String,
    /// What it should be: `running`, `shutdown` …
    pub desired_state: String,
    /// What it is.
    pub status: TaskStatus,
    /// What it was made of.
    pub spec: TaskSpec,
}

/// What a task is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TaskStatus {
    /// Since when, RFC 3339.
    pub timestamp: String,
    /// `new`, `pending`, `preparing`, `running`, `complete`, `failed`, `rejected` …
    pub state: String,
    /// Why it is no more.
    pub err: String,
    /// The ports that its node gave it.
    pub port_status: PortStatus,
}

/// The ports that a task has on its node.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct PortStatus {
    pub ports: Vec<crate::service::PublishedPort>,
}

/// What a task was made of.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct TaskSpec {
    pub container_spec: ContainerSpec,
}

/// The label of everything that belongs to a stack: its name.
pub const STACK: &str = "com.docker.stack.namespace";

impl Engine {
    /// The services of the stack, or of every stack.
    ///
    /// # Errors
    /// This engine is no manager.
    pub async fn services_of_stack(&self, stack: Option<&str>) -> Result<Vec<Inspected<Service>>, Error> {
        self.list("/services", &[("filters", &of_stack(stack).to_string())]).await
    }

    /// The tasks of the stack, those too that have ended.
    ///
    /// # Errors
    /// This engine is no manager.
    pub async fn tasks_of_stack(&self, stack: &str) -> Result<Vec<Inspected<Task>>, Error> {
        self.list("/tasks", &[("filters", &of_stack(Some(stack)).to_string())]).await
    }
}

fn of_stack(stack: Option<&str>) -> Value {
    json!({ "label": [stack.map_or_else(|| STACK.to_owned(), |stack| format!("{STACK}={stack}"))] })
}

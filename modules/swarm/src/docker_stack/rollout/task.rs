//! A task: one attempt to run a service's container.

use serde::Deserialize;
use serde_json::Value;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Task {
    #[serde(rename = "ID")]
    pub id: String,
    #[serde(rename = "ServiceID")]
    pub service_id: String,
    #[serde(rename = "NodeID")]
    pub node_id: String,
    /// Its number among the service's; 0 in a global one.
    pub slot: u64,
    pub created_at: String,
    pub desired_state: String,
    pub status: Status,
    pub spec: Value,
    pub job_iteration: Option<Iteration>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Status {
    pub state: String,
    pub message: String,
    pub err: String,
    pub container_status: ContainerStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ContainerStatus {
    #[serde(rename = "ContainerID")]
    pub container_id: String,
    pub exit_code: i64,
}

/// Which run of a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Iteration {
    pub index: u64,
}

impl Task {
    pub fn has_failed(&self) -> bool {
        matches!(self.status.state.as_str(), "failed" | "rejected" | "orphaned")
    }

    pub fn has_ended(&self) -> bool {
        self.has_failed() || matches!(self.status.state.as_str(), "complete" | "shutdown" | "remove")
    }

    pub fn runs(&self) -> bool {
        self.status.state == "running"
    }

    /// Whether the swarm still wants it.
    pub fn is_wanted(&self) -> bool {
        !matches!(self.desired_state.as_str(), "shutdown" | "remove")
    }

    /// Whether it had a container, which may have said something.
    pub fn has_run(&self) -> bool {
        !self.status.container_status.container_id.is_empty()
    }

    /// Where it stands among the service's: its number, or its node.
    pub fn place(&self) -> (u64, &str) {
        (self.slot, if self.slot == 0 { &self.node_id } else { "" })
    }

    /// Whether it was made from a service's task template as it is now.
    pub fn is_of(&self, template: &Value) -> bool {
        // The engine tells the runtime of the service's only.
        let bare = |spec: &Value| {
            let mut spec = spec.clone();
            spec.as_object_mut().map(|fields| fields.remove("Runtime"));
            spec
        };
        bare(&self.spec) == bare(template)
    }

    /// What went wrong, in the engine's words.
    pub fn error(&self) -> &str {
        if self.status.err.is_empty() { &self.status.message } else { &self.status.err }
    }

    /// The status that its container ended with.
    pub fn exit_code(&self) -> Option<i64> {
        (self.has_run() && self.has_ended()).then_some(self.status.container_status.exit_code)
    }

    /// Which it is and how it is, for a message.
    pub fn told(&self, _service: &str) -> String {
        let place = if self.slot == 0 { self.node_id.clone() } else { self.slot.to_string() };
        let node = if self.slot == 0 || self.node_id.is_empty() {
            String::new()
        } else {
            format!(" on node {}", self.node_id)
        };
        let code = self.exit_code().map(|code| format!(", exit code {code}")).unwrap_or_default();
        format!("{place}{node} is {}: {}{code}", self.status.state, self.error())
    }
}

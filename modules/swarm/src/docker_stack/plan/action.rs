//! One engine call each.

use std::collections::BTreeMap;
use std::fmt;

use compose_file::ObjectSpec;
use docker::{ContentKind, ObjectVersion};
use serde_json::Value;

use super::image;

#[derive(Debug)]
pub enum Action {
    CreateNetwork {
        name: String,
        body: Value,
    },
    CreateObject {
        kind: ContentKind,
        name: String,
        spec: ObjectSpec,
    },
    /// Only labels can be changed.
    LabelObject {
        kind: ContentKind,
        name: String,
        id: String,
        version: ObjectVersion,
        labels: BTreeMap<String, String>,
    },
    CreateService {
        name: String,
        spec: Value,
    },
    UpdateService {
        name: String,
        id: String,
        version: ObjectVersion,
        spec: Value,
    },
    RemoveService {
        name: String,
        id: String,
    },
    RemoveObject {
        kind: ContentKind,
        name: String,
        id: String,
    },
    RemoveNetwork {
        name: String,
        id: String,
    },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::CreateNetwork { name, body } => {
                let driver = body.get("Driver").and_then(Value::as_str).unwrap_or_default();
                write!(f, "create network {name} with driver {driver}")
            }
            Action::CreateObject { kind, name, .. } => write!(f, "create {kind} {name}"),
            Action::LabelObject { kind, name, .. } => write!(f, "update labels of {kind} {name}"),
            Action::CreateService { name, spec } => write!(f, "create service {name} with image {}", image(spec)),
            Action::UpdateService { name, .. } => write!(f, "update service {name}"),
            Action::RemoveService { name, .. } => write!(f, "remove service {name}"),
            Action::RemoveObject { kind, name, .. } => write!(f, "remove {kind} {name}"),
            Action::RemoveNetwork { name, .. } => write!(f, "remove network {name}"),
        }
    }
}

impl Action {
    /// What Docker's own command prints for it.
    pub fn as_docker_says(&self) -> String {
        match self {
            Action::CreateNetwork { name, .. } => format!("Creating network {name}\n"),
            Action::CreateObject { kind, name, .. } => format!("Creating {kind} {name}\n"),
            Action::LabelObject { .. } => String::new(),
            Action::CreateService { name, .. } => format!("Creating service {name}\n"),
            Action::UpdateService { name, id, .. } => format!("Updating service {name} (id: {id})\n"),
            Action::RemoveService { name, .. } => format!("Removing service {name}\n"),
            Action::RemoveObject { kind, name, .. } => format!("Removing {kind} {name}\n"),
            Action::RemoveNetwork { name, .. } => format!("Removing network {name}\n"),
        }
    }
}

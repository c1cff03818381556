//! The options of `docker_node`.

use docker_module::Labels;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub hostname: String,
    pub labels: Option<Labels>,
    pub labels_state: LabelsState,
    pub labels_to_remove: Option<Vec<String>>,
    pub availability: Option<Availability>,
    pub role: Option<Role>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LabelsState {
    Merge,
    Replace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Availability {
    Active,
    Pause,
    Drain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Worker,
    Manager,
}

impl Availability {
    /// As the engine writes it.
    pub fn word(self) -> &'static str {
        match self {
            Availability::Active => "active",
            Availability::Pause => "pause",
            Availability::Drain => "drain",
        }
    }
}

impl Role {
    /// As the engine writes it.
    pub fn word(self) -> &'static str {
        match self {
            Role::Worker => "worker",
            Role::Manager => "manager",
        }
    }
}

impl Options {
    /// Whether a label that is to go is wanted too; then it stays.
    pub fn wants(&self, label: &str) -> bool {
        self.labels.as_ref().is_some_and(|labels| labels.0.contains_key(label))
    }

    /// What the user should know of how the options were read. The peer's wording, which plays match on.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        let both = self.labels_to_remove.iter().flatten().filter(|label| self.wants(label));
        both.filter(|_| self.labels_state == LabelsState::Merge).map(|label| {
            format!("Label '{label}' listed both in 'labels' and 'labels_to_remove'. Keeping the assigned label value.")
        })
    }
}

//! How a service stands, from what the swarm tells of it and of its tasks. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::task::{Iteration, Task};

/// A service, as it stands now.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ServiceNow {
    #[serde(rename = "ID")]
    pub id: String,
    pub spec: Value,
    pub update_status: UpdateStatus,
    pub service_status: Option<Counts>,
    pub job_status: JobStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct UpdateStatus {
    pub state: String,
    pub message: String,
}

/// The swarm's own count of tasks.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Counts {
    pub desired_tasks: u64,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobStatus {
    pub job_iteration: Iteration,
}

/// How a service stands.
#[derive(Debug)]
pub enum Verdict {
    /// As it should be.
    Converged,
    /// On its way.
    Waiting(Trouble),
    /// Nothing goes on any more; the swarm may need a moment to begin anew.
    Stuck(Trouble),
    /// It will not get there.
    Failed(Trouble),
}

/// What is in the way, and the task that tells most of it.
#[derive(Clone, Debug)]
pub struct Trouble {
    pub what: String,
    pub task: Option<Task>,
}

/// How many times one task may fail before it counts as a crash loop.
const STRIKES: usize = 3;

impl ServiceNow {
    pub fn name(&self) -> &str {
        self.spec.get("Name").and_then(Value::as_str).unwrap_or_default()
    }

    fn mode(&self) -> (&str, &Value) {
        let mode = self.spec.get("Mode").and_then(Value::as_object).and_then(|mode| mode.iter().next());
        mode.map_or(("", &Value::Null), |(name, mode)| (name.as_str(), mode))
    }

    /// Whether tasks that end well stay ended.
    fn ends(&self) -> bool {
        let condition = self.spec.pointer("/TaskTemplate/RestartPolicy/Condition").and_then(Value::as_str);
        matches!(condition, Some("none" | "on-failure"))
    }
}

/// `old` are tasks that had failed before; `changed` says whether the service was just created or updated.
pub fn judge(service: &ServiceNow, tasks: &[&Task], old: &BTreeSet<String>, changed: bool) -> Verdict {
    let mut failed: Vec<&Task> =
        tasks.iter().copied().filter(|task| task.has_failed() && !old.contains(&task.id)).collect();
    failed.sort_by(|one, other| one.created_at.cmp(&other.created_at));
    let last_failed = || failed.last().map(|task| (*task).clone());
    let trouble = |what: String| Trouble { what, task: last_failed() };
    let update = &service.update_status;
    match update.state.as_str() {
        "paused" | "rollback_paused" => {
            return Verdict::Failed(trouble(format!("the {} is paused: {}", step(&update.state), update.message)));
        }
        "rollback_completed" if changed => {
            return Verdict::Failed(trouble(format!("it was rolled back: {}", update.message)));
        }
        "updating" | "rollback_started" => {
            return Verdict::Waiting(trouble(format!("the {} goes on: {}", step(&update.state), update.message)));
        }
        _ => {}
    }
    let template = service.spec.get("TaskTemplate").unwrap_or(&Value::Null);
    let iteration = service.job_status.job_iteration;
    let (mode, detail) = service.mode();
    let is_job = matches!(mode, "ReplicatedJob" | "GlobalJob");
    let current: Vec<&Task> = tasks
        .iter()
        .copied()
        .filter(|task| if is_job { task.job_iteration == Some(iteration) } else { task.is_of(template) })
        .collect();
    let count = |key: &str| detail.get(key).and_then(Value::as_u64);
    let desired = match mode {
        "Replicated" => count("Replicas").unwrap_or(1),
        "ReplicatedJob" => count("TotalCompletions").or_else(|| count("MaxConcurrent")).unwrap_or(1),
        _ => service.service_status.map_or(0, |counts| counts.desired_tasks),
    };
    let done = good_places(service, &current, is_job);
    // Tasks of an older template that still run are on their way out.
    let leaving = tasks
        .iter()
        .any(|task| task.is_wanted() && !task.has_ended() && !current.iter().any(|other| other.id == task.id));
    let none_eligible = mode.starts_with("Global") && desired == 0;
    if done >= desired && !leaving && !none_eligible {
        return Verdict::Converged;
    }
    let what = format!("{done} of {desired} tasks {}", if is_job { "are complete" } else { "run" });
    if let Some(task) = looping(&failed) {
        return Verdict::Failed(Trouble {
            what: format!("{what}: it failed {STRIKES} times"),
            task: Some(task.clone()),
        });
    }
    let under_way = current.iter().find(|task| task.is_wanted() && !task.has_ended() && !task.runs());
    let active = current.iter().any(|task| task.is_wanted() && !task.has_ended());
    match under_way {
        // What the scheduler says of it explains more than a failure before.
        Some(task) if !task.status.err.is_empty() => Verdict::Waiting(Trouble { what, task: Some((*task).clone()) }),
        Some(task) => Verdict::Waiting(Trouble { what, task: last_failed().or_else(|| Some((*task).clone())) }),
        None if none_eligible => {
            Verdict::Waiting(Trouble { what: "no node is eligible for it".to_owned(), task: last_failed() })
        }
        None if !active && !failed.is_empty() => Verdict::Stuck(trouble(format!("{what}, and no other is started"))),
        None => Verdict::Waiting(trouble(what)),
    }
}

fn step(state: &str) -> &'static str {
    if state.starts_with("rollback") { "rollback" } else { "update" }
}

/// How many places are as they should be: a task runs there, or has ended well and was to end.
fn good_places(service: &ServiceNow, current: &[&Task], is_job: bool) -> u64 {
    let mut good: BTreeSet<(u64, &str)> = BTreeSet::new();
    for task in current {
        let complete = task.status.state == "complete" && (is_job || service.ends());
        if complete || (!is_job && task.runs() && task.is_wanted()) {
            good.insert(task.place());
        }
    }
    good.len() as u64
}

/// The last task of a place where too many failed.
fn looping<'a>(failed: &[&'a Task]) -> Option<&'a Task> {
    let mut by_place: BTreeMap<(u64, &str), Vec<&'a Task>> = BTreeMap::new();
    for &task in failed {
        by_place.entry(task.place()).or_default().push(task);
    }
    by_place.into_values().find(|tasks| tasks.len() >= STRIKES).and_then(|tasks| tasks.last().copied())
}

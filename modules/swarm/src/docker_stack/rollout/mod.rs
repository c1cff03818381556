//! The wait for a rollout's end, and the truth about it.

mod judge;
mod last_words;
mod task;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use ansible::Failure;
use docker::{Engine, typed_list};

use self::judge::{Trouble, Verdict, judge};
use self::task::Task;
use super::observe::of_stack;

pub use self::judge::ServiceNow;

/// How often the swarm is looked at.
const PAUSE: Duration = Duration::from_millis(500);
/// How long everything must run before it counts: Docker's own time for that.
const STEADY: Duration = Duration::from_secs(5);

/// What a rollout starts from.
pub struct Rollout<'a> {
    engine: &'a Engine,
    stack: &'a str,
    timeout: Duration,
    /// Tasks that had failed before we did anything.
    old: BTreeSet<String>,
}

impl<'a> Rollout<'a> {
    /// To be made before anything is changed.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn begin(engine: &'a Engine, stack: &'a str, timeout: u64) -> Result<Rollout<'a>, Failure> {
        let mut rollout = Rollout { engine, stack, timeout: Duration::from_secs(timeout), old: BTreeSet::new() };
        let failed = rollout.tasks().await?.into_iter().filter(|task| task.has_failed());
        rollout.old = failed.map(|task| task.id).collect();
        Ok(rollout)
    }

    /// Waits until the services that `wanted` names have converged. `changed` are those that were just created or updated.
    ///
    /// # Errors
    /// One can't, or the time is over: the message has the task's error and last lines.
    pub async fn end(&self, wanted: &BTreeSet<String>, changed: &BTreeSet<String>) -> Result<(), Failure> {
        let start = Instant::now();
        let mut steady: Option<Instant> = None;
        // A task that failed is replaced a moment later: what looks stuck must do so for a while.
        let mut stuck: BTreeMap<String, u32> = BTreeMap::new();
        loop {
            let services = self.services().await?;
            let tasks = self.tasks().await?;
            let mut waiting = Vec::new();
            for service in services.iter().filter(|service| wanted.contains(service.name())) {
                let own: Vec<&Task> = tasks.iter().filter(|task| task.service_id == service.id).collect();
                match judge(service, &own, &self.old, changed.contains(service.name())) {
                    Verdict::Converged => {
                        stuck.remove(service.name());
                    }
                    Verdict::Waiting(trouble) => {
                        stuck.remove(service.name());
                        waiting.push((service.name(), trouble));
                    }
                    Verdict::Stuck(trouble) => {
                        let count = stuck.entry(service.name().to_owned()).or_default();
                        *count += 1;
                        if *count >= 4 {
                            return Err(self.failure(service.name(), trouble).await);
                        }
                        waiting.push((service.name(), trouble));
                    }
                    Verdict::Failed(trouble) => return Err(self.failure(service.name(), trouble).await),
                }
            }
            if waiting.is_empty() {
                if steady.get_or_insert_with(Instant::now).elapsed() >= STEADY {
                    return Ok(());
                }
            } else {
                steady = None;
                if start.elapsed() >= self.timeout {
                    let seconds = self.timeout.as_secs();
                    let (service, mut trouble) = waiting.swap_remove(0);
                    trouble.what = format!("not converged after {seconds} s (`wait_timeout`): {}", trouble.what);
                    return Err(self.failure(service, trouble).await);
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the stack has no task that still runs.
    ///
    /// # Errors
    /// The time is over.
    pub async fn until_gone(&self) -> Result<(), Failure> {
        let start = Instant::now();
        while !self.is_gone().await? {
            if start.elapsed() >= self.timeout {
                let seconds = self.timeout.as_secs();
                return Err(Failure::new(format!("tasks of it still run after {seconds} s (`wait_timeout`)")));
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Whether no task of the stack runs.
    ///
    /// # Errors
    /// The engine can't be asked.
    pub async fn is_gone(&self) -> Result<bool, Failure> {
        Ok(self.tasks().await?.iter().all(Task::has_ended))
    }

    async fn services(&self) -> Result<Vec<ServiceNow>, Failure> {
        let query = [("filters", &*of_stack(self.stack)), ("status", "true")];
        Ok(typed_list(&self.engine.get("/services", &query).await?, "the list of services")?)
    }

    async fn tasks(&self) -> Result<Vec<Task>, Failure> {
        Ok(typed_list(&self.engine.get("/tasks", &[("filters", &of_stack(self.stack))]).await?, "the list of tasks")?)
    }

    /// The failure of a rollout, with all that helps to understand it.
    async fn failure(&self, service: &str, trouble: Trouble) -> Failure {
        let logs = match &trouble.task {
            Some(task) if task.has_run() => last_words::of(self.engine, &task.id).await,
            _ => Vec::new(),
        };
        let mut msg = format!("service {service}: {}", trouble.what);
        if let Some(task) = &trouble.task {
            msg += &format!("; task {}.{}", service, task.told(service));
        }
        if !logs.is_empty() {
            msg += &format!("; its last lines:\n{}", logs.join("\n"));
        }
        let task = trouble.task.as_ref();
        Failure::new(msg)
            .with("service", service)
            .with("task_id", task.map(|task| &task.id))
            .with("task_state", task.map(|task| &task.status.state))
            .with("task_error", task.map(Task::error))
            .with("exit_code", task.and_then(Task::exit_code))
            .with("logs", logs)
    }
}

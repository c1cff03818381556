//! Waits: for health, for the end of the process, for a removal.

use std::pin::pin;
use std::time::{Duration, Instant};

use ansible::{Failure, Outcome};
use bollard::errors::Error as Bollard;
use bollard::query_parameters::WaitContainerOptions;
use docker::Engine;
use futures_util::StreamExt;
use serde_json::{Value, json};

use docker_module::diagnosis;

/// What a process left behind.
pub struct Ended {
    /// Its exit status.
    status: i64,
    pub output: String,
}

impl Ended {
    /// The task fails when the process did.
    pub fn report(self, outcome: Outcome, facts: Option<Value>) -> Result<Outcome, Failure> {
        let facts = with_output(facts, &self.output);
        if self.status == 0 {
            return Ok(outcome.with("status", 0).with("container", facts));
        }
        let failure = Failure::new(self.output).with("changed", true).with("status", self.status);
        Err(failure.with("container", facts))
    }
}

/// The facts of a container, with what it printed.
fn with_output(facts: Option<Value>, output: &str) -> Value {
    let mut facts = facts.unwrap_or_else(|| json!({}));
    facts["Output"] = output.into();
    facts
}

/// Waits until the process ends.
pub async fn await_end(engine: &Engine, name: &str) -> Result<Ended, Failure> {
    let container = engine.container(name).await?;
    let condition = WaitContainerOptions { condition: "not-running".to_owned() };
    let status = match pin!(engine.stream(|client| client.wait_container(name, Some(condition)))).next().await {
        Some(Ok(answer)) => answer.status_code,
        Some(Err(docker::Error::Client(Bollard::DockerContainerWaitError { code, .. }))) => code,
        Some(Err(error)) => return Err(error.into()),
        None => return Err(Failure::new("the engine ended its answer without saying how the process ended")),
    };
    let host = container.map(|container| container.typed.host_config).unwrap_or_default();
    let output = if host.auto_remove {
        "Cannot retrieve result as auto_remove is enabled".to_owned()
    } else if matches!(host.log_config.driver.as_str(), "json-file" | "journald" | "local") {
        diagnosis::printed(engine, name, "all").await?
    } else {
        format!("Result logged using `{}` driver", host.log_config.driver)
    };
    Ok(Ended { status, output })
}

/// Waits until the process has ended, but for no longer than `grace` seconds (`None`: the engine's own 10): a signal need
/// not end it.
pub async fn await_stopped(engine: &Engine, name: &str, grace: Option<i64>) -> Result<(), Failure> {
    let grace = u32::try_from(grace.unwrap_or(10)).unwrap_or(0);
    let mut pace = Pace::new(Some(grace.into()));
    while engine.container(name).await?.is_some_and(|container| container.typed.state.running) {
        if !pace.rest().await {
            break;
        }
    }
    Ok(())
}

/// Waits until a container that is being removed is gone.
pub async fn await_removed(engine: &Engine, name: &str, timeout: Option<f64>) -> Result<(), Failure> {
    let mut pace = Pace::new(timeout);
    while let Some(container) = engine.container(name).await? {
        let state = &container.typed.state.status;
        if state != "removing" && state != "dead" {
            return Err(Failure::new(format!(
                "Encontered unexpected state \"{state}\" while waiting for container \"{}\"",
                container.typed.id
            ))
            .verbatim()
            .with("container", container.raw));
        }
        if !pace.rest().await {
            let why = diagnosis::state(&container.typed);
            return Err(timed_out(timeout, &container.typed.id, &why).with("container", container.raw));
        }
    }
    Ok(())
}

/// Waits until the health check is content. A container without one is taken for healthy.
pub async fn await_healthy(engine: &Engine, name: &str, timeout: Option<f64>) -> Result<(), Failure> {
    let mut pace = Pace::new(timeout);
    loop {
        let Some(container) = engine.container(name).await? else {
            return Err(Failure::new("it vanished"));
        };
        let id = &container.typed.id;
        match container.typed.state.health.as_ref().map(|health| health.status.as_str()) {
            None | Some("healthy" | "none" | "") => return Ok(()),
            Some("starting" | "unhealthy") => {}
            Some(state) => {
                return Err(Failure::new(format!(
                    "Encontered unexpected state \"{state}\" while waiting for container \"{id}\""
                ))
                .verbatim()
                .with("container", container.raw));
            }
        }
        if !pace.rest().await {
            let why = diagnosis::of(engine, &container.typed).await;
            return Err(timed_out(timeout, id, &why).with("container", container.raw));
        }
    }
}

/// Waits until a container has started well: its health check is content, or it has none and has run for a moment.
pub async fn await_started(engine: &Engine, name: &str, timeout: Option<f64>) -> Result<(), Failure> {
    let start = Instant::now();
    let mut pace = Pace::new(timeout);
    loop {
        let Some(container) = engine.container(name).await? else {
            return Err(Failure::new("it vanished"));
        };
        let state = &container.typed.state;
        if !state.running || state.restarting {
            return Err(Failure::new(diagnosis::state(&container.typed)));
        }
        match state.health.as_ref().map(|health| health.status.as_str()) {
            None | Some("none" | "") if start.elapsed() >= MOMENT => return Ok(()),
            Some("healthy") => return Ok(()),
            Some("unhealthy") => return Err(Failure::new(diagnosis::state(&container.typed))),
            _ => {}
        }
        if !pace.rest().await {
            let seconds = timeout.unwrap_or_default();
            let why = diagnosis::state(&container.typed);
            return Err(Failure::new(format!("after {seconds} seconds it was not healthy yet: {why}")));
        }
    }
}

/// How long a container without a health check has to run to have started well.
const MOMENT: Duration = Duration::from_secs(2);

/// The peer's wording, which plays match on (a float as Python prints it), and why.
fn timed_out(timeout: Option<f64>, id: &str, why: &str) -> Failure {
    let seconds = timeout.unwrap_or_default();
    let failure =
        Failure::new(format!("Timeout of {seconds:?} seconds exceeded while waiting for container \"{id}\": {why}"));
    failure.verbatim()
}

/// Rests between two looks, longer each time, from a quarter of a second up to ten.
struct Pace {
    end: Option<Instant>,
    next: Duration,
}

impl Pace {
    /// `timeout` in seconds; `None` and what is below zero: no end.
    fn new(timeout: Option<f64>) -> Self {
        let limit = timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        Pace { end: limit.and_then(|limit| Instant::now().checked_add(limit)), next: Duration::from_millis(250) }
    }

    /// False when the time is over.
    async fn rest(&mut self) -> bool {
        let left = self.end.map_or(self.next, |end| end.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return false;
        }
        tokio::time::sleep(self.next.min(left)).await;
        self.next = self.next.mul_f64(1.1).min(Duration::from_secs(10));
        true
    }
}

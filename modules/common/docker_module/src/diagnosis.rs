//! What a container tells of itself when a wait for it was in vain: its state, its health check, its last lines.

use std::pin::pin;

use ansible::Failure;
use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptions;
use docker::Engine;
use docker::container::{Container, Health};
use futures_util::StreamExt;

/// How much of what a container printed is told: lines.
pub const TAIL: &str = "20";

/// How many answers of a health check are told, and how many characters of each.
const ANSWERS: usize = 3;
const LENGTH: usize = 300;

/// State, health check and last lines, each in its own sentence.
pub async fn of(engine: &Engine, container: &Container) -> String {
    let state = state(container);
    match lines(engine, &container.id).await {
        printed if printed.is_empty() => state,
        printed => format!("{state}; it printed last:\n{printed}"),
    }
}

/// State and health check.
pub fn state(container: &Container) -> String {
    let state = &container.state;
    let mut text = match state.status.as_str() {
        _ if state.restarting => format!("it restarts again and again, the last time after {}", exit(container)),
        "exited" | "dead" => format!("it ended with {}", exit(container)),
        "created" => "it was never started".to_owned(),
        other => format!("it is {other}"),
    };
    if !state.error.is_empty() {
        text = format!("{text}: {}", state.error);
    }
    match state.health.as_ref().map(health) {
        Some(health) if !health.is_empty() => format!("{text}; {health}"),
        _ => text,
    }
}

/// What it printed last; nothing where its log driver can't be read.
pub async fn lines(engine: &Engine, id: &str) -> String {
    printed(engine, id, TAIL).await.unwrap_or_default().trim_end().to_owned()
}

/// What it printed: the last `tail` lines, or `all`.
pub async fn printed(engine: &Engine, id: &str, tail: &str) -> Result<String, Failure> {
    let wanted = LogsOptions { stdout: true, stderr: true, tail: tail.to_owned(), ..LogsOptions::default() };
    let id = docker::url_path(id);
    let mut logs = pin!(engine.stream(|client| client.logs(&id, Some(wanted))));
    let mut bytes = Vec::new();
    while let Some(piece) = logs.next().await {
        bytes.extend_from_slice(&LogOutput::into_bytes(piece?));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn exit(container: &Container) -> String {
    let memory = if container.state.oom_killed { ", killed because it had no memory left" } else { "" };
    format!("exit code {}{memory}", container.state.exit_code)
}

/// Empty where there is no health check.
fn health(health: &Health) -> String {
    let verdict = match health.status.as_str() {
        "" | "none" => return String::new(),
        "starting" => "has not been content yet",
        "unhealthy" => "says that it is unhealthy",
        "healthy" => "is content",
        other => other,
    };
    let mut text = format!("its health check {verdict}");
    if health.failing_streak > 0 {
        text = format!("{text} ({} failures in a row)", health.failing_streak);
    }
    for answer in &health.log[health.log.len().saturating_sub(ANSWERS)..] {
        let said: String = answer.output.trim().chars().take(LENGTH).collect();
        let said = if said.is_empty() { "nothing" } else { &said };
        text = format!("{text}\n  exit code {}, printed: {said}", answer.exit_code);
    }
    text
}

#[cfg(test)]
mod tests {
    use docker::Inspected;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn each_state_has_its_sentence() {
        let log = json!([
            {"ExitCode": 0, "Output": "old"}, {"ExitCode": 1, "Output": "no\n"}, {"ExitCode": -1, "Output": "too slow"},
            {"ExitCode": 2, "Output": ""},
        ]);
        let cases: [(Value, &str); 6] = [
            (json!({"Status": "running"}), "it is running"),
            (json!({"Status": "exited", "ExitCode": 3}), "it ended with exit code 3"),
            (
                json!({"Status": "exited", "ExitCode": 137, "OOMKilled": true}),
                "it ended with exit code 137, killed because it had no memory left",
            ),
            (
                json!({"Status": "created", "Error": "no such program", "Health": {"Status": "none"}}),
                "it was never started: no such program",
            ),
            (
                json!({"Status": "restarting", "Restarting": true, "Running": true, "ExitCode": 1}),
                "it restarts again and again, the last time after exit code 1",
            ),
            (
                json!({"Status": "running", "Health": {"Status": "unhealthy", "FailingStreak": 3, "Log": log}}),
                "it is running; its health check says that it is unhealthy (3 failures in a row)\n  \
                 exit code 1, printed: no\n  exit code -1, printed: too slow\n  exit code 2, printed: nothing",
            ),
        ];
        for (told, sentence) in cases {
            let container = Inspected::<Container>::new(json!({"State": told}), "it").unwrap();
            assert_eq!(state(&container.typed), sentence);
        }
    }
}

//! The last lines that a task wrote.

use std::time::Duration;

use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptionsBuilder;
use docker::Engine;
use futures_util::StreamExt;

/// How many lines.
const LINES: &str = "10";

/// What can be had in a moment: a node that is away keeps its logs, and some drivers keep none.
pub async fn of(engine: &Engine, task: &str) -> Vec<String> {
    let options = LogsOptionsBuilder::default().stdout(true).stderr(true).tail(LINES).build();
    let read = async {
        let mut text = String::new();
        let stream = engine.stream(|client| client.task_logs(task, Some(options)));
        let mut stream = std::pin::pin!(stream);
        while let Some(Ok(piece)) = stream.next().await {
            match piece {
                LogOutput::StdOut { message } | LogOutput::StdErr { message } | LogOutput::Console { message } => {
                    text.push_str(&String::from_utf8_lossy(&message));
                }
                LogOutput::StdIn { .. } => {}
            }
        }
        text
    };
    let text = tokio::time::timeout(Duration::from_secs(5), read).await.unwrap_or_default();
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

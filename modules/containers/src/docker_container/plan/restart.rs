//! What happens when the process ends. The engine can change it while the container runs.

use docker::container::Container as Inspect;
use serde::Serialize;
use serde_json::json;

use super::super::options::{Options, RestartPolicy};
use super::body::Body;
use super::compare::Compare;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Restart {
    restart_policy: Option<RestartPolicy>,
    restart_retries: Option<i64>,
}

impl From<&Inspect> for Restart {
    fn from(inspect: &Inspect) -> Self {
        let policy = &inspect.host_config.restart_policy;
        let name = match policy.name.as_str() {
            "always" => RestartPolicy::Always,
            "on-failure" => RestartPolicy::OnFailure,
            "unless-stopped" => RestartPolicy::UnlessStopped,
            _ => RestartPolicy::No,
        };
        Restart { restart_policy: Some(name), restart_retries: Some(policy.maximum_retry_count) }
    }
}

impl Restart {
    pub fn overlay(&mut self, wish: &Options, compare: &Compare) {
        compare.value("restart_policy", &mut self.restart_policy, wish.restart_policy);
        compare.value("restart_retries", &mut self.restart_retries, wish.restart_retries);
        if self.restart_policy != Some(RestartPolicy::OnFailure) {
            // The others never give up; the engine refuses or forgets a limit for them.
            self.restart_retries = self.restart_retries.map(|_| 0);
        }
    }

    /// Whether the user named a policy.
    pub fn is_wished(&self) -> bool {
        self.restart_policy.is_some()
    }

    pub fn write(&self, body: &mut Body) {
        if let Some(name) = &self.restart_policy {
            let retries = self.restart_retries.unwrap_or(0);
            body.host_config.insert("RestartPolicy".to_owned(), json!({ "Name": name, "MaximumRetryCount": retries }));
        }
    }
}

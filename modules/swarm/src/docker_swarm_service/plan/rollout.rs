//! What happens when a task ends, and how updates go on.

use docker::ServiceSpec;
use docker::service::UpdateConfig;
use serde::Serialize;
use serde_json::json;

use super::super::options::Options;
use super::body::Body;

/// Durations in nanoseconds. `None`: the engine's default.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rollout {
    restart_policy: Option<String>,
    restart_policy_delay: Option<i64>,
    restart_policy_attempts: Option<i64>,
    restart_policy_window: Option<i64>,
    update_parallelism: Option<i64>,
    update_delay: Option<i64>,
    update_failure_action: Option<String>,
    update_monitor: Option<i64>,
    update_max_failure_ratio: Option<f64>,
    update_order: Option<String>,
    rollback_config: Option<Rollback>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Rollback {
    parallelism: Option<i64>,
    delay: Option<i64>,
    failure_action: Option<String>,
    monitor: Option<i64>,
    max_failure_ratio: Option<f64>,
    order: Option<String>,
}

impl From<&ServiceSpec> for Rollout {
    fn from(spec: &ServiceSpec) -> Self {
        let restart = spec.task_template.restart_policy.clone().unwrap_or_default();
        let update = spec.update_config.as_ref();
        Rollout {
            restart_policy: restart.condition,
            restart_policy_delay: restart.delay,
            restart_policy_attempts: restart.max_attempts,
            restart_policy_window: restart.window,
            update_parallelism: update.map(|update| update.parallelism),
            update_delay: update.map(|update| update.delay),
            update_failure_action: update.map(action),
            update_monitor: update.map(|update| update.monitor),
            update_max_failure_ratio: update.map(|update| update.max_failure_ratio),
            update_order: update.map(order),
            rollback_config: spec.rollback_config.as_ref().map(|rollback| Rollback {
                parallelism: Some(rollback.parallelism),
                delay: Some(rollback.delay),
                failure_action: Some(action(rollback)),
                monitor: Some(rollback.monitor),
                max_failure_ratio: Some(rollback.max_failure_ratio),
                order: Some(order(rollback)),
            }),
        }
    }
}

/// The engine's defaults, which it fills in itself.
fn action(config: &UpdateConfig) -> String {
    config.failure_action.clone().unwrap_or_else(|| "pause".to_owned())
}

fn order(config: &UpdateConfig) -> String {
    config.order.clone().unwrap_or_else(|| "stop-first".to_owned())
}

impl Rollout {
    pub fn overlay(&mut self, wish: &Options) {
        if let Some(restart) = &wish.restart_config {
            self.restart_policy = restart.condition.map(|word| word.word().to_owned()).or(self.restart_policy.take());
            self.restart_policy_delay = restart.delay.map(|time| time.0).or(self.restart_policy_delay);
            self.restart_policy_attempts = restart.max_attempts.or(self.restart_policy_attempts);
            self.restart_policy_window = restart.window.map(|time| time.0).or(self.restart_policy_window);
        }
        if let Some(update) = &wish.update_config {
            self.update_parallelism = update.parallelism.or(self.update_parallelism);
            self.update_delay = update.delay.map(|time| time.0).or(self.update_delay);
            let action = update.failure_action.map(|word| word.word().to_owned());
            self.update_failure_action = action.or(self.update_failure_action.take());
            self.update_monitor = update.monitor.map(|time| time.0).or(self.update_monitor);
            self.update_max_failure_ratio = update.max_failure_ratio.or(self.update_max_failure_ratio);
            self.update_order = update.order.clone().or(self.update_order.take());
        }
        if let Some(rollback) = &wish.rollback_config {
            let there = self.rollback_config.take().unwrap_or_default();
            self.rollback_config = Some(Rollback {
                parallelism: rollback.parallelism.or(there.parallelism),
                delay: rollback.delay.map(|time| time.0).or(there.delay),
                failure_action: rollback.failure_action.map(|word| word.word().to_owned()).or(there.failure_action),
                monitor: rollback.monitor.map(|time| time.0).or(there.monitor),
                max_failure_ratio: rollback.max_failure_ratio.or(there.max_failure_ratio),
                order: rollback.order.clone().or(there.order),
            });
        }
    }

    pub fn write(&self, before: &Rollout, body: &mut Body) {
        let at = |name: &str| format!("TaskTemplate.RestartPolicy.{name}");
        body.put(&at("Condition"), &before.restart_policy, &self.restart_policy);
        body.put(&at("Delay"), &before.restart_policy_delay, &self.restart_policy_delay);
        body.put(&at("MaxAttempts"), &before.restart_policy_attempts, &self.restart_policy_attempts);
        body.put(&at("Window"), &before.restart_policy_window, &self.restart_policy_window);
        // What the peer's SDK writes of a policy that is named in part.
        let peers = json!({ "Condition": "none", "Delay": 0, "MaxAttempts": 0, "Window": 0 });
        body.fill("TaskTemplate.RestartPolicy", peers, json!({}));

        let at = |name: &str| format!("UpdateConfig.{name}");
        body.put(&at("Parallelism"), &before.update_parallelism, &self.update_parallelism);
        body.put(&at("Delay"), &before.update_delay, &self.update_delay);
        body.put(&at("FailureAction"), &before.update_failure_action, &self.update_failure_action);
        body.put(&at("Monitor"), &before.update_monitor, &self.update_monitor);
        body.put(&at("MaxFailureRatio"), &before.update_max_failure_ratio, &self.update_max_failure_ratio);
        body.put(&at("Order"), &before.update_order, &self.update_order);

        let none = Rollback::default();
        let (there, wanted) =
            (before.rollback_config.as_ref().unwrap_or(&none), self.rollback_config.as_ref().unwrap_or(&none));
        let at = |name: &str| format!("RollbackConfig.{name}");
        body.put(&at("Parallelism"), &there.parallelism, &wanted.parallelism);
        body.put(&at("Delay"), &there.delay, &wanted.delay);
        body.put(&at("FailureAction"), &there.failure_action, &wanted.failure_action);
        body.put(&at("Monitor"), &there.monitor, &wanted.monitor);
        body.put(&at("MaxFailureRatio"), &there.max_failure_ratio, &wanted.max_failure_ratio);
        body.put(&at("Order"), &there.order, &wanted.order);

        // The same of an update; and what held until now, where there was no word of updates.
        for config in ["UpdateConfig", "RollbackConfig"] {
            body.fill(config, json!({ "Parallelism": 0, "FailureAction": "continue" }), json!({ "Parallelism": 1 }));
        }
    }
}

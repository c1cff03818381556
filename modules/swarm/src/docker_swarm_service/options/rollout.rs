//! `restart_config`, `update_config` and `rollback_config`.

use docker_module::DurationOrNanoseconds;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub struct RestartConfig {
    pub condition: Option<RestartCondition>,
    pub delay: Option<DurationOrNanoseconds>,
    pub max_attempts: Option<i64>,
    pub window: Option<DurationOrNanoseconds>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartCondition {
    None,
    OnFailure,
    Any,
}

#[derive(Clone, Debug, Deserialize)]
pub struct UpdateConfig {
    pub parallelism: Option<i64>,
    pub delay: Option<DurationOrNanoseconds>,
    pub failure_action: Option<FailureAction>,
    pub monitor: Option<DurationOrNanoseconds>,
    pub max_failure_ratio: Option<f64>,
    pub order: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct RollbackConfig {
    pub parallelism: Option<i64>,
    pub delay: Option<DurationOrNanoseconds>,
    pub failure_action: Option<RollbackFailureAction>,
    pub monitor: Option<DurationOrNanoseconds>,
    pub max_failure_ratio: Option<f64>,
    pub order: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureAction {
    Continue,
    Pause,
    Rollback,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RollbackFailureAction {
    Continue,
    Pause,
}

impl RestartCondition {
    /// As the engine writes it.
    pub fn word(self) -> &'static str {
        match self {
            RestartCondition::None => "none",
            RestartCondition::OnFailure => "on-failure",
            RestartCondition::Any => "any",
        }
    }
}

impl FailureAction {
    /// As the engine writes it.
    pub fn word(self) -> &'static str {
        match self {
            FailureAction::Continue => "continue",
            FailureAction::Pause => "pause",
            FailureAction::Rollback => "rollback",
        }
    }
}

impl RollbackFailureAction {
    /// As the engine writes it.
    pub fn word(self) -> &'static str {
        match self {
            RollbackFailureAction::Continue => "continue",
            RollbackFailureAction::Pause => "pause",
        }
    }
}

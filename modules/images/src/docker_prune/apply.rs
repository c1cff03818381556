//! One engine call for each action.

use ansible::Failure;
use docker::Engine;
use serde_json::Value;

use super::plan::{Action, Gone, Kind};

/// What really went.
pub async fn apply(engine: &Engine, action: &Action) -> Result<(Kind, Gone), Failure> {
    let query: Vec<(&str, &str)> = action.query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = engine.prune(action.kind.path(), &query).await?;
    let items = answer.get(action.kind.deleted()).and_then(Value::as_array).cloned().unwrap_or_default();
    let bytes = answer.get("SpaceReclaimed").and_then(Value::as_i64).unwrap_or(0);
    Ok((action.kind, Gone { items, bytes }))
}

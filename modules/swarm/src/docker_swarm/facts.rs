//! What `docker_swarm` returns beside what was done: the swarm, its tokens, and the key of locked managers.

use std::time::Duration;

use ansible::{Failure, Outcome, Plan};
use docker::{Engine, Inspected, Swarm};
use serde_json::{Value, json};

use super::options::{Options, State};
use super::plan::{Action, Standing, nothing_to_do};

/// `swarm` as it was before; `done`: whether the plan was carried out.
pub async fn told(
    engine: &Engine,
    options: &Options,
    plan: &Plan<Standing, Action>,
    swarm: Option<Inspected<Swarm>>,
    outcome: Outcome,
    done: bool,
) -> Result<Outcome, Failure> {
    let locks = |standing: &Option<Standing>| standing.as_ref().is_some_and(Standing::locks);
    match plan.actions.first() {
        Some(Action::Init(_)) => {
            let swarm = if done { Some(newly_made(engine).await?) } else { None };
            let key = if done && locks(&plan.after) { unlock_key(engine).await? } else { None };
            let id = swarm.as_ref().map_or("None", |swarm| &swarm.typed.id);
            let tokens = swarm.as_ref().and_then(|swarm| swarm.raw.get("JoinTokens"));
            Ok(outcome
                .with("actions", [format!("New Swarm cluster created: {id}")])
                .with("swarm_facts", json!({ "JoinTokens": tokens, "UnlockKey": key })))
        }
        Some(Action::Update(_)) => {
            let newly_locked = locks(&plan.after) && !locks(&plan.before);
            let key = if done && newly_locked { unlock_key(engine).await? } else { None };
            let swarm = if done { engine.swarm().await? } else { swarm };
            Ok(outcome.with("swarm_facts", whole(swarm, key)))
        }
        Some(Action::Join(_) | Action::Leave { .. } | Action::RemoveNode { .. }) => Ok(outcome),
        None => {
            let outcome = outcome.with("actions", [nothing_to_do(options.state)]);
            Ok(match options.state {
                State::Present => outcome.with("swarm_facts", whole(swarm, None)),
                State::Join | State::Absent | State::Remove => outcome,
            })
        }
    }
}

/// A manager that has just begun drops connections to itself for a moment.
async fn newly_made(engine: &Engine) -> Result<Inspected<Swarm>, Failure> {
    for _ in 0..40 {
        if let Ok(Some(swarm)) = engine.swarm().await {
            return Ok(swarm);
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    engine.swarm().await?.ok_or_else(|| Failure::new("Swarm not created or other error!"))
}

/// The swarm in the engine's words, and the key where its managers have just begun to lock.
fn whole(swarm: Option<Inspected<Swarm>>, key: Option<String>) -> Value {
    let mut facts = swarm.map_or_else(|| json!({}), |swarm| swarm.raw);
    facts["UnlockKey"] = json!(key);
    facts
}

async fn unlock_key(engine: &Engine) -> Result<Option<String>, Failure> {
    let failed = |error| Failure::new(format!("the swarm is set up, but reading its unlock key failed: {error}"));
    engine.unlock_key().await.map_err(failed)
}

//! What follows when a replacement fails: the old container is brought back.

use ansible::{Call, Failure, Plan};
use docker::Engine;
use docker::container::Container as Inspect;
use serde_json::json;

use super::apply::apply;
use super::observe::leftovers;
use super::options::Options;
use super::plan::{Action, Container, new_name, recover};
use docker_module::diagnosis;

/// Brings the old container back, and tells of the new one what it said. Where nothing was replaced, the failure stays
/// what it is.
pub async fn roll_back(
    call: &Call,
    engine: &Engine,
    options: &Options,
    before: Option<&Container>,
    failure: Failure,
) -> Failure {
    match undo(call, engine, options, before).await {
        Ok(None) => failure,
        Ok(Some(told)) => told.add_to(failure),
        Err(error) => {
            let reason = error.msg().to_owned();
            failure.and(&format!("; and putting things back in order failed: {reason}; the next run tries it again"))
        }
    }
}

/// What the user is told of a replacement that was undone.
struct Told {
    is_back: bool,
    exit_code: Option<i64>,
    printed: String,
    actions: Vec<String>,
}

impl Told {
    fn add_to(self, failure: Failure) -> Failure {
        let lines: Vec<&str> = self.printed.lines().collect();
        let mut text = String::new();
        if !lines.is_empty() {
            text = format!("; it printed last:\n{}\n", lines.join("\n"));
        }
        let failure = if self.is_back {
            failure.and(&format!("{text}{}the old container is back", if text.is_empty() { "; " } else { "" }))
        } else {
            failure.and(&text)
        };
        let failure = failure.with("actions_undone", self.actions).with("container_output", self.printed);
        self.exit_code.into_iter().fold(failure, |failure, code| failure.with("container_exit_code", code))
    }
}

/// Reads what there is now, and undoes the replacement. `None`: there was none.
async fn undo(
    call: &Call,
    engine: &Engine,
    options: &Options,
    before: Option<&Container>,
) -> Result<Option<Told>, Failure> {
    let found = leftovers(engine, &options.name).await?;
    if found.is_empty() {
        return Ok(None);
    }
    let is_back = found.old.is_some();
    let failed = if is_back { options.name.clone() } else { new_name(&options.name) };
    let failed = engine.container(&failed).await?;
    let printed = match &failed {
        Some(container) => diagnosis::lines(engine, &container.typed.id).await,
        None => String::new(),
    };
    let exit_code = failed.as_ref().and_then(exit_code);
    let there = engine.container(&options.name).await?.map(|container| Container::from(container.typed));
    let (mut actions, _) = recover(options, there.as_ref(), &found);
    let (was_running, was_paused) = before.map_or((false, false), |before| (before.running, before.paused));
    let name = || options.name.clone();
    // Also where the old one was stopped only and not renamed yet.
    if was_running && (is_back || there.is_some_and(|there| !there.running)) {
        actions.push(Action::Start { name: name(), to_its_end: false, cleanup: false });
    }
    if was_paused && is_back {
        actions.push(Action::Pause { name: name() });
    }
    let plan = Plan { before: None::<Container>, after: None, actions };
    call.carry_out(&plan, async |action| apply(call, engine, action).await).await?;
    Ok(Some(Told { is_back, exit_code, printed, actions: plan.sentences() }))
}

/// With what the new container ended, if it did.
fn exit_code(container: &docker::Inspected<Inspect>) -> Option<i64> {
    let ended = container.raw["State"]["Status"] == json!("exited") || container.typed.state.restarting;
    ended.then_some(container.typed.state.exit_code)
}

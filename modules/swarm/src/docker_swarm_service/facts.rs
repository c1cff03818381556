//! What `docker_swarm_service` returns beside what was done, in the peer's words.

use ansible::{Failure, Outcome, Plan};
use serde_json::json;

use super::options::{Options, State as Wanted};
use super::plan::{Action, Observed, State};

pub fn told(
    options: &Options,
    observed: &Observed,
    plan: &Plan<State, Action>,
    outcome: Outcome,
) -> Result<Outcome, Failure> {
    let none = Vec::new();
    let (msg, rebuilt, changes) = match (plan.actions.as_slice(), options.state) {
        ([], Wanted::Absent) => ("Service absent", false, &none),
        ([], Wanted::Present) => ("Service unchanged", false, &none),
        ([Action::Create(_)], _) => ("Service created", false, &none),
        ([Action::Update(update)], _) => ("Service updated", false, &update.changes),
        ([Action::Remove { .. }], _) => ("Service removed", false, &none),
        ([.., Action::Create(create)], _) => ("Service rebuilt", true, &create.changes),
        ([..], _) => ("Service changed", false, &none),
    };
    let facts = match options.state {
        Wanted::Present => json!(State::wished(options, observed)?.facts(options, observed)),
        Wanted::Absent => json!({}),
    };
    Ok(outcome.with("msg", msg).with("rebuilt", rebuilt).with("changes", changes).with("swarm_service", facts))
}

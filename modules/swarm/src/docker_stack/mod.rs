//! `docker_stack`: deploys and removes stacks of services, without Docker's command line on the target.

mod apply;
mod differing;
mod observe;
mod options;
mod plan;
mod rollout;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ansible::{Call, Failure, Module, Outcome, Plan};
use compose_file::Stack;
use docker::Engine;
use docker_module::connect_as_cli;
use serde_json::{Value, json};

use self::apply::Hand;
use self::differing::{differing, jsondiff};
use self::observe::observe;
use self::options::{Options, State as Wanted};
use self::plan::{Action, Observed, State, clean, plan, remove};
use self::rollout::Rollout;

pub const MODULE: Module = ansible::module!(docker_stack, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    options.check()?;
    match options.state {
        Wanted::Present => {
            let (stack, warnings) = source::stack(&options, &source::Target)?;
            warnings.into_iter().for_each(|warning| call.warn(warning));
            let engine = connect_as_cli(&call).await?;
            deploy(&call, &engine, &options, &stack).await
        }
        Wanted::Absent => {
            let engine = connect_as_cli(&call).await?;
            take_down(&call, &engine, &options).await
        }
    }
}

async fn deploy(call: &Call, engine: &Engine, options: &Options, stack: &Stack) -> Result<Outcome, Failure> {
    let observed = observe(call, engine, options, Some(stack)).await?;
    let plan = plan(options, stack, &observed)?;
    let hand = Hand::new(call, engine, options);
    let rollout =
        if options.waits() { Some(Rollout::begin(engine, &options.name, options.wait_timeout).await?) } else { None };
    let (mut outcome, done) = call.carry_out(&plan, async |action| hand.apply(action).await).await?;
    if let Some(rollout) = &rollout {
        let wanted = stack.services.keys().cloned().collect();
        let changed = changed_services(&plan);
        let step = format!("wait until the services of the stack {} have converged", options.name);
        call.wait_for(step, async |_| rollout.end(&wanted, &changed).await).await?;
    }
    let mut said: String = plan.actions.iter().map(Action::as_docker_says).collect();
    let mut last = plan.after.clone();
    // What was there before goes when what replaces it is known to be good.
    if rollout.is_some() || (plan.actions.is_empty() && observed.is_at_rest()) {
        let clean = clean(options, stack, &observed, &plan.after.clone().unwrap_or_default());
        let (cleaned, _) = call.carry_out(&clean, async |action| hand.apply(action).await).await?;
        outcome = cleaned.after(outcome);
        said += &clean.actions.iter().map(Action::as_docker_says).collect::<String>();
        last = clean.after;
    }
    let after = if done.is_empty() { None } else { Some(observe::services(engine, &options.name).await?) };
    let outcome = told(outcome, &plan.before, &last, &said);
    Ok(if outcome.changed() { outcome.with("stack_spec_diff", spec_diff(&plan, &observed, after)) } else { outcome })
}

async fn take_down(call: &Call, engine: &Engine, options: &Options) -> Result<Outcome, Failure> {
    let observed = observe(call, engine, options, None).await?;
    let plan = remove(options, &observed);
    let hand = Hand::new(call, engine, options);
    let (outcome, done) = call.carry_out(&plan, async |action| hand.apply(action).await).await?;
    if !done.is_empty() && options.waits() {
        let rollout = Rollout::begin(engine, &options.name, options.wait_timeout).await?;
        let step = format!("wait until the tasks of the stack {} have ended", options.name);
        call.wait_for(step, async |_| rollout.until_gone().await).await?;
    }
    if !done.is_empty() {
        settled(call, engine, options).await?;
    }
    let said: String = plan.actions.iter().map(Action::as_docker_says).collect();
    let outcome = told(outcome, &plan.before, &plan.after, &said);
    Ok(if outcome.changed() { outcome.with("msg", said) } else { outcome })
}

/// Asks as often as the user allows whether everything is gone.
async fn settled(call: &Call, engine: &Engine, options: &Options) -> Result<(), Failure> {
    let rollout = Rollout::begin(engine, &options.name, options.wait_timeout).await?;
    for _ in 0..options.absent_retries {
        let nothing_left = remove(options, &observe(call, engine, options, None).await?).actions.is_empty();
        // A task that was about to start when its service went makes the node list its networks once more.
        if nothing_left && rollout.is_gone().await? {
            break;
        }
        tokio::time::sleep(Duration::from_secs(options.absent_retries_interval)).await;
    }
    Ok(())
}

/// What Docker's own command would have said, for plays that read it; and a diff that shows only what differs.
fn told(outcome: Outcome, before: &Option<State>, after: &Option<State>, said: &str) -> Outcome {
    let value = |state: &Option<State>| serde_json::to_value(state).unwrap_or(Value::Null);
    let (mut before, mut after) = (value(before), value(after));
    for side in [&mut before, &mut after] {
        if side.is_null() {
            *side = json!({});
        }
    }
    let (before, after) = differing(&before, &after);
    outcome.with_diff(json!({ "before": before, "after": after })).with("rc", 0).with("stdout", said).with("stderr", "")
}

fn changed_services(plan: &Plan<State, Action>) -> BTreeSet<String> {
    let name = |action: &Action| match action {
        Action::CreateService { name, .. } | Action::UpdateService { name, .. } => Some(name.clone()),
        _ => None,
    };
    plan.actions.iter().filter_map(name).collect()
}

/// The peer's difference between the specifications of before and after, as text. In check mode the plan tells it.
fn spec_diff(
    plan: &Plan<State, Action>,
    observed: &Observed,
    after: Option<BTreeMap<String, plan::Service>>,
) -> String {
    let specs = |services: &BTreeMap<String, plan::Service>| {
        Value::Object(services.iter().map(|(name, service)| (name.clone(), service.spec.clone())).collect())
    };
    let (before, after) = match after {
        Some(after) => (specs(&observed.services), specs(&after)),
        None => {
            let planned =
                |state: &Option<State>| json!(state.as_ref().map(|state| &state.services).cloned().unwrap_or_default());
            (planned(&plan.before), planned(&plan.after))
        }
    };
    jsondiff(&before, &after).0.to_string()
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker_module::Cli>()]).unwrap();
    }
}

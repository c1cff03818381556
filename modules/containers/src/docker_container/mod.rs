//! `docker_container`: creates, changes, starts, stops and removes containers.

mod apply;
mod image;
mod observe;
mod options;
mod plan;
mod rollback;
mod wait;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::{connect, require_api};

use self::apply::apply;
use self::image::Pulled;
use self::observe::{leftovers, observe, target};
use self::options::{Options, State, Target};
use self::plan::{Action, diff, plan};
use self::rollback::roll_back;

pub const MODULE: Module = ansible::module!(docker_container, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let mut options: Options = call.options()?;
    let engine = connect(&call).await?;
    let mut there = Target::default();
    if options.state != State::Absent {
        require_api(&engine, &options.api_needs())?;
        options.warnings().into_iter().for_each(|warning| call.warn(warning));
        options.fill_in_defaults();
        there = target(&call, &engine, &options).await?;
    }
    let Pulled { outcome: pulled, foreseen } = image::pull(&call, &engine, &options).await?;
    let (mut observed, mut container) = observe(&engine, &options, foreseen).await?;
    observed.target = there;
    if let Some(container) = &container {
        // It may have been named by its ID, which a new one does not have.
        options.name = container.typed.name.trim_start_matches('/').to_owned();
    }
    let mut planned = plan(&options, &observed)?;
    if options.safe_replace || observed.container.is_none() || !planned.actions.is_empty() {
        observed.leftovers = leftovers(&engine, &options.name).await?;
        planned = plan(&options, &observed)?;
    }
    let carry = async |action: &Action| apply(&call, &engine, action).await;
    let (outcome, done) = match call.carry_out(&planned, carry).await {
        Ok(done) => done,
        Err(failure) if planned.actions.iter().any(Action::replaces) => {
            return Err(roll_back(&call, &engine, &options, observed.container.as_ref(), failure).await);
        }
        Err(failure) => return Err(failure),
    };
    let outcome = outcome.with_diff(diff(&planned)).after(pulled);
    if options.state == State::Healthy {
        let wait = Action::AwaitHealthy { name: options.name.clone(), timeout: options.healthy_wait_timeout };
        call.wait_for(wait, carry).await?;
    }
    if outcome.changed() || options.state == State::Healthy {
        container = engine.container(&options.name).await?;
    }
    if !done.is_empty()
        && let (Some(wanted), Some(container)) = (&planned.after, &container)
    {
        wanted.dropped_limits(container.typed.clone().into()).into_iter().for_each(|warning| call.warn(warning));
    }
    let facts = container.filter(|_| options.state != State::Absent).map(|container| container.raw);
    match done.into_iter().flatten().next() {
        Some(ended) => {
            if options.output_logs {
                call.log(&ended.output);
            }
            ended.report(outcome, facts)
        }
        None => Ok(facts.into_iter().fold(outcome, |outcome, facts| outcome.with("container", facts))),
    }
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

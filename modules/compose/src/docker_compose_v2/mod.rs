//! `docker_compose_v2`: brings a Compose project up, stops it, takes it down.

mod diff;
mod options;
mod plan;
mod wait;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect_as_cli;

use self::options::{Options, Pull, State};
use self::plan::{Action, Observed, plan};
use crate::cli::{Compose, Event, State as Found};

pub const MODULE: Module = ansible::module!(docker_compose_v2, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let compose = Compose::open(&call).await?;
    if options.assume_yes {
        compose.needs((2, 32), "assume_yes=true")?;
    }
    let engine = connect_as_cli(&call).await?;
    let (mut observed, mut images) = (Observed::default(), None);
    if options.state == State::Stopped {
        observed.runs = compose.state().await?.runs(&options.services);
    }
    if options.pull == Pull::Always {
        images = Some(compose.image_ids(&engine).await?);
    }
    let found = call.for_diff(async || diff::observe(&compose, &engine).await).await?;
    let plan = plan(&options, &observed)?;
    let carried_out = call.carry_out(&plan, async |action: &Action| compose.work(&action.words).await).await;
    let (outcome, done) = match carried_out {
        Ok(carried_out) => carried_out,
        Err(failure) => {
            let Found { containers, images } = compose.state().await?;
            let why = wait::why(&engine, &options, failure.msg(), &containers).await;
            return Err(failure.and(&why).with("containers", containers).with("images", images));
        }
    };
    let mut events: Vec<Event> = Vec::new();
    let changed = if done.is_empty() {
        for action in &plan.actions {
            events.extend(compose.pretend(&action.words).await?.actions);
        }
        events.iter().any(|event| !is_build(&options, event))
    } else {
        events.extend(done.into_iter().flat_map(|told| told.actions));
        // Whether a pull brought something shows only now.
        let pulled = match images {
            Some(before) => compose.image_ids(&engine).await? != before,
            None => events.iter().any(|event| event.status == "Pulling"),
        };
        pulled || events.iter().any(|event| !is_build(&options, event) && event.status != "Pulling")
    };
    let Found { containers, images } = compose.state().await?;
    let outcome = outcome.changed_if(changed).with("actions", events);
    let outcome = match found {
        Some(found) => outcome.with_diff(diff::diff(&options, &found)),
        None => outcome,
    };
    Ok(outcome.with("containers", containers).with("images", images))
}

/// Whether it is a build that the user does not want to know of.
fn is_build(options: &Options, event: &Event) -> bool {
    options.ignore_build_events && event.status == "Building"
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    use crate::cli::Project;

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<Project>(), reads::<docker_module::Cli>()])
            .unwrap();
    }
}

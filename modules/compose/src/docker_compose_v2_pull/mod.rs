//! `docker_compose_v2_pull`: pulls the images of a Compose project.

mod diff;
mod options;
mod plan;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect_as_cli;

use self::options::{Options, Policy};
use self::plan::{Action, plan};
use crate::cli::Compose;

pub const MODULE: Module = ansible::module!(docker_compose_v2_pull, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let compose = Compose::open(&call).await?;
    if options.policy == Policy::Missing {
        compose.needs((2, 22), "--pull")?;
    }
    if options.ignore_buildable {
        compose.needs((2, 15), "--ignore-buildable")?;
    }
    let engine = connect_as_cli(&call).await?;
    let found = call.for_diff(async || diff::observe(&compose, &engine, &options).await).await?;
    let before = compose.image_ids(&engine).await?;
    let plan = plan(&options)?;
    let (outcome, done) = call.carry_out(&plan, async |action: &Action| compose.work(&action.words).await).await?;
    if let Some(told) = done.into_iter().next() {
        // What the registry has shows only now; it may be what was here already.
        let pulled = compose.image_ids(&engine).await? != before;
        let outcome = outcome.changed_if(pulled).with("actions", told.actions);
        let after = call.for_diff(async || diff::observe(&compose, &engine, &options).await).await?;
        return Ok(diff::add(outcome, found, after));
    }
    let mut foretold = Vec::new();
    for action in &plan.actions {
        foretold.extend(compose.pretend(&action.words).await?.actions);
    }
    let after = found.clone().map(|found| if foretold.is_empty() { found } else { diff::foresee(&options, found) });
    let outcome = outcome.changed_if(!foretold.is_empty()).with("actions", foretold);
    Ok(diff::add(outcome, found, after))
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

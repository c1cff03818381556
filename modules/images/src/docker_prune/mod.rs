//! `docker_prune`: removes what nothing uses.

mod apply;
mod observe;
mod options;
mod plan;

use std::collections::BTreeSet;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect;

use self::apply::apply;
use self::observe::{look_at_layers, observe};
use self::options::Options;
use self::plan::{Action, Gone, Kind, plan};

pub const MODULE: Module = ansible::module!(docker_prune, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let engine = connect(&call).await?;
    let mut observed = observe(&engine, &options).await?;
    let mut planned = plan(&options, &observed)?;
    let images: BTreeSet<String> = planned.actions.iter().flat_map(Action::images).collect();
    if !images.is_empty() {
        // Their layers are asked for only when it is known that some go: with 500 images that is the difference.
        look_at_layers(&engine, &mut observed, &images).await?;
        planned = plan(&options, &observed)?;
    }
    let (mut outcome, done) = call.carry_out(&planned, async |action| apply(&engine, action).await).await?;
    for kind in Kind::asked_for(&options) {
        // What really went wins over what the plan foretold.
        let done = done.iter().find(|(of, _)| *of == kind).map(|(_, gone)| gone);
        let foretold = || planned.actions.iter().find(|action| action.kind == kind).map(|action| &action.gone);
        let gone = done.or_else(foretold).cloned().unwrap_or_else(Gone::default);
        outcome = outcome.with(kind.result(), gone.items);
        if let Some(space) = kind.space() {
            outcome = outcome.with(space, gone.bytes);
        }
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

//! `docker_image_push`: pushes an image to a registry.

mod observe;
mod options;
mod plan;

use std::cell::Cell;

use ansible::{Call, Failure, Module, Outcome};
use docker::Engine;
use docker_module::connect;

use self::observe::{login, observe};
use self::options::Options;
use self::plan::{Action, plan};

pub const MODULE: Module = ansible::module!(docker_image_push, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let name = options.image()?;
    let engine = connect(&call).await?;
    let (observed, image) = observe(&engine, &name).await?;
    let plan = plan(&options, &observed)?;
    let pushed = Cell::new(false);
    let outcome = call.carry_out(&plan, async |action| apply(&engine, action, &pushed).await).await?;
    if !call.acted() {
        return Ok(outcome.with("image", image));
    }
    // The image has learned its digest at the registry, which tells whether the tag stands for another one now.
    let (after, image) = observe(&engine, &name).await?;
    let moved = observed.at_registry.is_some() && after.at_registry != observed.at_registry;
    Ok(outcome.changed_if(pushed.get() || moved).with("image", image))
}

async fn apply(engine: &Engine, action: &Action, pushed: &Cell<bool>) -> Result<(), Failure> {
    let Action::Push { name } = action;
    pushed.set(engine.push(name, login(name)?.as_ref()).await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

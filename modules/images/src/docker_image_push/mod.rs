//! `docker_image_push`: pushes an image to a registry.

pub mod apply;
mod observe;
mod options;
pub mod plan;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect;

use self::apply::apply;
use self::observe::observe;
use self::options::Options;
use self::plan::plan;

pub const MODULE: Module = ansible::module!(docker_image_push, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let name = options.image()?;
    let engine = connect(&call).await?;
    let (observed, image) = observe(&engine, &name).await?;
    let plan = plan(&options, &observed)?;
    let (outcome, done) = call.carry_out(&plan, async |action| apply(&engine, action).await).await?;
    if done.is_empty() {
        return Ok(outcome.with("image", image));
    }
    // The image has learned its digest at the registry, which tells whether the tag stands for another one now.
    let (after, image) = observe(&engine, &name).await?;
    let moved = observed.at_registry.is_some() && after.at_registry != observed.at_registry;
    Ok(outcome.changed_if(done.iter().any(|pushed| pushed.new_layers) || moved).with("image", image))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

//! `docker_image_tag`: gives an image further names.

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

pub const MODULE: Module = ansible::module!(docker_image_tag, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let names = options.names()?;
    let engine = connect(&call).await?;
    let (observed, image) = observe(&engine, &options.image()?, &names).await?;
    let plan = plan(&options, &observed)?;
    let (outcome, _) = call.carry_out(&plan, async |action| apply(&engine, action).await).await?;
    let tagged: Vec<String> = plan.actions.iter().map(|action| action.name.to_string()).collect();
    Ok(outcome.with("image", image).with("tagged_images", tagged))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

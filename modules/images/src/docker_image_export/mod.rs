//! `docker_image_export`: writes images to an archive.

pub mod apply;
pub mod observe;
mod options;
pub mod plan;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect;

use self::apply::apply;
use self::observe::observe;
use self::options::Options;
use self::plan::plan;

pub const MODULE: Module = ansible::module!(docker_image_export, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let names = options.images()?;
    let engine = connect(&call).await?;
    let (observed, images) = observe(&engine, &options, &names).await?;
    let plan = plan(&options, &observed)?;
    let (outcome, _) = call.carry_out(&plan, async |action| apply(&engine, action).await).await?;
    Ok(outcome.with("images", images))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

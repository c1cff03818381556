//! `docker_image_remove`: takes names off images, and removes those that have no name left.

pub mod apply;
mod options;
pub mod plan;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect;
use serde_json::json;

use self::apply::{Removed, apply};
use self::options::Options;
use self::plan::{Images, plan};

pub const MODULE: Module = ansible::module!(docker_image_remove, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let reference = options.image()?;
    let engine = connect(&call).await?;
    let (image, raw) = engine.image(&reference.key()).await?.map(|image| (image.typed, image.raw)).unzip();
    let plan = plan(&options, image.map(Images::from).as_ref())?;
    let (outcome, done) = call.carry_out(&plan, async |action| apply(&engine, action).await).await?;
    let Removed { deleted, untagged } = done.into_iter().next().unwrap_or_else(|| Removed::planned(&plan));
    let outcome = outcome.with("image", raw.unwrap_or_else(|| json!({})));
    // The peer's diff names all that is known of the image, not only what differs; plays look at it.
    let sides = json!({ "before": Images::side(plan.before.as_ref()), "after": Images::side(plan.after.as_ref()) });
    Ok(outcome.with("deleted", deleted).with("untagged", untagged).with("diff", sides))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

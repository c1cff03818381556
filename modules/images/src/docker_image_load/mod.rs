//! `docker_image_load`: loads the images of an archive.

pub mod apply;
pub mod observe;
mod options;
pub mod plan;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect;
use serde_json::Value;

use self::apply::{inspect, load};
use self::observe::observe;
use self::options::Options;
use self::plan::{Names, names, plan};

pub const MODULE: Module = ansible::module!(docker_image_load, run);

/// The peer's sentence, which plays match on.
const NO_IMAGES: &str = "Detected no loaded images. Archive potentially corrupt?";

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let engine = connect(&call).await?;
    let (observed, there) = observe(&engine, &options.path).await?;
    let mut plan = plan(&options, &observed)?;
    let (outcome, done) = call.carry_out(&plan, async |action| load(&engine, &action.path).await).await?;
    let Some(loaded) = done.into_iter().next() else {
        let names: Vec<String> = observed.archive.iter().flatten().flat_map(names).collect();
        return Ok(outcome.with("image_names", names).with("images", there));
    };
    let there = inspect(&engine, &loaded.names).await?;
    // The IDs are known only now.
    let ids = there.iter().map(|(name, id, _)| (name.clone(), Some(id.clone()))).collect();
    plan.after = Some(Names { images: ids });
    let images: Vec<Value> = there.into_iter().map(|(_, _, image)| image).collect();
    Ok(outcome
        .with_diff(plan.diff())
        .with("image_names", loaded.names)
        .with("images", images)
        .with("stdout", loaded.said))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

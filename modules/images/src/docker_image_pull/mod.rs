//! `docker_image_pull`: pulls an image from a registry.

pub mod apply;
pub mod observe;
mod options;
pub mod plan;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect;
use serde_json::{Value, json};

use self::apply::apply;
use self::observe::{local, observe};
use self::options::Options;
use self::plan::plan;

pub const MODULE: Module = ansible::module!(docker_image_pull, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let name = options.image()?;
    let engine = connect(&call).await?;
    let (observed, raw) = observe(&engine, &options, &name).await?;
    let plan = plan(&options, &observed)?;
    let (outcome, done) = call.carry_out(&plan, async |action| apply(&engine, action).await).await?;
    let id = |local: &Option<plan::Local>| local.as_ref().map(|local| local.id.clone());
    if done.is_empty() {
        return Ok(told(outcome, id(&plan.before), id(&plan.after), raw));
    }
    // What the tag stood for at the registry shows only now; it may be what was here already.
    let (pulled, raw) = local(&engine, &name).await?.map(|image| (image.typed, image.raw)).unzip();
    let outcome = outcome.changed_if(pulled != observed.image);
    Ok(told(outcome, id(&plan.before), pulled.map(|image| image.id), raw))
}

/// The peer returns the diff always, and in this form; plays compare its IDs.
fn told(outcome: Outcome, before: Option<String>, after: Option<String>, image: Option<Value>) -> Outcome {
    let side = |id: Option<String>| id.map_or_else(|| json!({ "exists": false }), |id| json!({ "id": id }));
    outcome
        .with("image", image.unwrap_or_else(|| json!({})))
        .with("diff", json!({ "before": side(before), "after": side(after) }))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

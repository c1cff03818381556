//! `docker_image_build`: builds an image from a folder of the target.

mod apply;
mod buildx;
mod observe;
mod options;
mod plan;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::{Cli, connect_as_cli};
use serde_json::json;

use self::apply::apply;
use self::buildx::Command;
use self::observe::observe;
use self::options::Options;
use self::plan::{desired, plan};

pub const MODULE: Module = ansible::module!(docker_image_build, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let cli: Cli = call.options()?;
    let name = options.image()?.to_string();
    let engine = connect_as_cli(&call).await?;
    let (observed, raw) = observe(&engine, &cli, &options).await?;
    let plan = plan(&options, &observed)?;
    let command = Command::new(&options, &desired(&options, &observed)?).words;
    let carried_out = call.carry_out(&plan, async |action| apply(&engine, &cli, action).await).await;
    let (outcome, done) = carried_out.map_err(|failure| failure.with("command", &command))?;
    let Some(said) = done.into_iter().next() else {
        return Ok(outcome.with("image", raw.unwrap_or_else(|| json!({}))));
    };
    let image = engine.image(&name).await?.map_or_else(|| json!({}), |image| image.raw);
    Ok(outcome.with("image", image).with("command", command).with("stdout", said.stdout).with("stderr", said.stderr))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker_module::Cli>()]).unwrap();
    }
}

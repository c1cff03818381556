//! `docker_node`: labels, availability and role of a swarm's node.

mod options;
mod plan;

use ansible::{Call, Failure, Module, Outcome};
use docker::{Engine, with_leaders_address};
use docker_module::connect;

use self::options::Options;
use self::plan::{Update, plan};
use crate::manager;

pub const MODULE: Module = ansible::module!(docker_node, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    options.warnings().for_each(|warning| call.warn(warning));
    let engine = connect(&call).await?;
    manager::swarm(&engine).await?;
    let not_there = || Failure::new("This node is not part of a swarm.");
    let node = engine.node(&options.hostname).await?.ok_or_else(not_there)?;
    let plan = plan(&options, &node.typed);
    let (outcome, done) = call.carry_out(&plan, async |update| apply(&engine, update).await).await?;
    let node = if done.is_empty() { node } else { engine.node(&node.typed.id).await?.ok_or_else(not_there)? };
    Ok(outcome.with("node", with_leaders_address(node.raw)))
}

/// Sends the engine's own specification back, changed: bollard's would lose what it does not know.
async fn apply(engine: &Engine, update: &Update) -> Result<(), Failure> {
    let version = update.version.to_string();
    engine.post(&format!("/nodes/{}/update", update.id), &[("version", &version)], &update.spec).await?;
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

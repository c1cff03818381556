//! `docker_plugin`: installs, sets, enables and disables the engine's plug-ins.

mod apply;
mod options;
mod plan;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect;
use serde_json::json;

use self::apply::apply;
use self::options::{Options, State};
use self::plan::plan;

pub const MODULE: Module = ansible::module!(docker_plugin, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let name = options.local();
    let engine = connect(&call).await?;
    let (observed, raw) = engine.plugin(&name).await?.map(|plugin| (plugin.typed, plugin.raw)).unzip();
    let plan = plan(&options, observed.as_ref())?;
    let (outcome, done) = call.carry_out(&plan, async |action| apply(&engine, action).await).await?;
    let plugin = match (options.state, done.is_empty()) {
        (State::Absent, _) => None,
        (_, true) => raw,
        (_, false) => engine.plugin(&name).await?.map(|plugin| plugin.raw),
    };
    Ok(outcome.with("plugin", plugin.unwrap_or_else(|| json!({}))))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

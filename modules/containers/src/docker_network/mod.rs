//! `docker_network`: creates and removes networks, and says which containers are in them.

mod apply;
mod observe;
mod options;
mod plan;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::{connect, require_api};

use self::apply::apply;
use self::options::{Options, State};
use self::plan::plan;

pub const MODULE: Module = ansible::module!(docker_network, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let engine = connect(&call).await?;
    require_api(&engine, &options.api_needs())?;
    let mut network = observe::network(&engine, &options.name).await?;
    let there = network.as_ref().map(|network| network.typed.clone());
    let observed = observe::containers(&call, &engine, &options, there).await?;
    let plan = plan(&options, &observed)?;
    let (outcome, _) = call.carry_out(&plan, async |action| apply(&call, &engine, action).await).await?;
    if outcome.changed() {
        network = observe::network(&engine, &options.name).await?;
    }
    Ok(match options.state {
        State::Present => outcome.with("network", network.map(|network| network.raw)),
        State::Absent => outcome,
    })
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

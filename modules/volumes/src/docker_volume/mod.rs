//! `docker_volume`: creates and removes volumes.

mod apply;
mod options;
mod plan;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect;

use self::apply::apply;
use self::options::{Options, State};
use self::plan::plan;

pub const MODULE: Module = ansible::module!(docker_volume, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let engine = connect(&call).await?;
    let mut volume = engine.volume(&options.volume_name).await?;
    let plan = plan(&options, volume.as_ref().map(|volume| &volume.typed))?;
    let (outcome, _) = call.carry_out(&plan, async |action| apply(&engine, action).await).await?;
    if outcome.changed() {
        volume = engine.volume(&options.volume_name).await?;
    }
    Ok(match options.state {
        State::Present => outcome.with("volume", volume.map(|volume| volume.raw)),
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

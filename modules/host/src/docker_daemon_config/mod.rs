//! `docker_daemon_config`: the engine's `daemon.json`.

mod apply;
mod keys;
mod observe;
mod options;
mod plan;

use ansible::{Call, Failure, Module, Outcome};

use self::apply::apply;
use self::observe::observe;
use self::options::Options;
use self::plan::plan;

pub const MODULE: Module = ansible::module!(docker_daemon_config, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let observed = observe(&options).await?;
    let planned = plan(&options, &observed)?;
    for warning in &planned.warnings {
        call.warn(warning);
    }
    let (outcome, _) = call.carry_out(&planned.plan, async |action| apply(&options, &observed, action).await).await?;
    Ok(outcome
        .with("config", planned.plan.after)
        .with("keys", planned.keys)
        .with("applied", planned.applied)
        .with("version", observed.version))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>()]).unwrap();
    }
}

//! `docker_swarm_service`: services of a swarm.

mod apply;
mod facts;
mod observe;
mod options;
mod plan;

use std::time::Duration;

use ansible::{Call, Failure, Module, Outcome};
use docker::Engine;
use docker_module::{connect, require_api};

use self::apply::apply;
use self::facts::told;
use self::observe::observe;
use self::options::Options;
use self::plan::plan;

pub const MODULE: Module = ansible::module!(docker_swarm_service, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let mut options: Options = call.options()?;
    options.read_env_files()?;
    let engine = connect(&call).await?;
    require_api(&engine, &options.api_needs())?;
    for _ in 0..2 {
        match once(&call, &engine, &options).await {
            // The swarm itself writes into a service while it is updated.
            Err(failure) if failure.msg().contains("update out of sequence") => {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            done => return done,
        }
    }
    once(&call, &engine, &options).await
}

async fn once(call: &Call, engine: &Engine, options: &Options) -> Result<Outcome, Failure> {
    let observed = observe(engine, options).await?;
    let plan = plan(options, &observed)?;
    let (outcome, _) = call.carry_out(&plan, async |action| apply(call, engine, action).await).await?;
    told(options, &observed, &plan, outcome)
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

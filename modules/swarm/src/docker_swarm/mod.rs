//! `docker_swarm`: makes a swarm, changes it, joins and leaves it, and removes nodes that have left.

mod apply;
mod facts;
mod observe;
mod options;
mod plan;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect;

use self::apply::apply;
use self::facts::told;
use self::observe::observe;
use self::options::Options;
use self::plan::plan;

pub const MODULE: Module = ansible::module!(docker_swarm, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let engine = connect(&call).await?;
    let (observed, swarm) = observe(&engine, &options).await?;
    let plan = plan(&options, &observed)?;
    let (outcome, done) = call.carry_out(&plan, async |action| apply(&engine, action).await).await?;
    told(&engine, &options, &plan, swarm, outcome, !done.is_empty()).await
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

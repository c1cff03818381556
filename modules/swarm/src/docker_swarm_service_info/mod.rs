//! `docker_swarm_service_info`: what a manager says of a service.

mod options;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect;

use self::options::Options;
use crate::manager;

pub const MODULE: Module = ansible::module!(docker_swarm_service_info, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let engine = connect(&call).await?;
    manager::swarm(&engine).await?;
    let service = engine.service(&options.name).await?;
    Ok(Outcome::unchanged().with("exists", service.is_some()).with("service", service.map(|service| service.raw)))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

//! `docker_network_info`: what the engine says of a network.

mod options;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect;

use self::options::Options;

pub const MODULE: Module = ansible::module!(docker_network_info, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let network = connect(&call).await?.network(&options.name).await?;
    Ok(Outcome::unchanged().with("exists", network.is_some()).with("network", network.map(|network| network.raw)))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

//! `docker_container_info`: what the engine says of a container.

mod options;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect;

use self::options::Options;

pub const MODULE: Module = ansible::module!(docker_container_info, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let container = connect(&call).await?.container(&options.name).await?;
    Ok(Outcome::unchanged()
        .with("exists", container.is_some())
        .with("container", container.map(|container| container.raw)))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

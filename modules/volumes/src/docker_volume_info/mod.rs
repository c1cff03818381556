//! `docker_volume_info`: what the engine says of a volume.

mod options;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect;

use self::options::Options;

pub const MODULE: Module = ansible::module!(docker_volume_info, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let volume = connect(&call).await?.volume(&options.name).await?;
    Ok(Outcome::unchanged().with("exists", volume.is_some()).with("volume", volume.map(|volume| volume.raw)))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

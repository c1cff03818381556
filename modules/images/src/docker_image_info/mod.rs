//! `docker_image_info`: facts of images.

mod options;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::{ImageReference, connect};

use self::options::Options;

pub const MODULE: Module = ansible::module!(docker_image_info, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let engine = connect(&call).await?;
    let mut images = Vec::new();
    if options.name.is_empty() {
        images = engine.images().await?;
    }
    for name in &options.name {
        images.extend(engine.image(&ImageReference::of(name).key()).await?.map(|image| image.raw));
    }
    Ok(Outcome::unchanged().with("images", images))
}

#[cfg(test)]
mod tests {
    #[test]
    fn sidecar_and_options_agree() {
        use ansible::golden::{agree, reads};
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

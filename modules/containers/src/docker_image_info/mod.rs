//! `docker_image_info`: facts of images.

mod options;

use ansible::{Call, Failure, Module, Outcome};
use docker::ImageName;
use docker_module::connect;

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
        images.extend(engine.image(&asked_for(name)).await?.map(|image| image.raw));
    }
    Ok(Outcome::unchanged().with("images", images))
}

/// What the engine is asked for: an ID as it is, a name with its tag.
fn asked_for(name: &str) -> String {
    if ImageName::is_id(name) { name.to_owned() } else { ImageName::parse(name).or_tag("latest").to_string() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sidecar_and_options_agree() {
        use ansible::golden::{agree, reads};
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }

    #[test]
    fn a_name_without_tag_means_latest() {
        let id = format!("sha256:{}", "0a".repeat(32));
        let digest = format!("host:5000/a@{id}");
        for (name, asked) in
            [("busybox", "busybox:latest"), ("h:5/a", "h:5/a:latest"), ("a:1", "a:1"), (&id, &id), (&digest, &digest)]
        {
            assert_eq!(super::asked_for(name), asked);
        }
    }
}

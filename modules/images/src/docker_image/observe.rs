//! What `docker_image` needs to know of the engine, the registry and the archives.

use ansible::{Call, Failure};
use docker::{Credentials, Engine, Image, ImageName, proxy_variables};
use serde_json::Value;

use super::options::{Options, Source};
use super::plan::Observed;
use crate::docker_image_export::observe::archive_at;
use crate::docker_image_load::observe::archived;

/// Reads, changes nothing. The second part is the image as the engine gave it.
///
/// # Errors
/// What the source needs is not there.
pub async fn observe(
    call: &Call,
    engine: &Engine,
    options: &Options,
    docker_host: &str,
) -> Result<(Observed, Option<Value>), Failure> {
    let image = options.image()?;
    let (typed, raw) = engine.image(&image.key()).await?.map(|image| (image.typed, image.raw)).unzip();
    let mut observed = Observed { image: typed, ..Observed::default() };
    if observed.image.is_none() || options.force_source {
        look_at_source(call, engine, options, docker_host, &mut observed).await?;
    }
    look_at_rest(engine, options, &mut observed).await?;
    Ok((observed, raw))
}

async fn look_at_source(
    call: &Call,
    engine: &Engine,
    options: &Options,
    docker_host: &str,
    observed: &mut Observed,
) -> Result<(), Failure> {
    match (options.source, &options.build, &options.load_path) {
        (Some(Source::Build), Some(build), _) => {
            options.name_for("build")?;
            if !build.path.is_dir() {
                let path = build.path.display();
                return Err(Failure::new(format!(
                    "Requested build path {path} could not be found or you do not have access."
                )));
            }
            if build.use_config_proxy {
                observed.proxies = proxy_variables(docker_host)?;
            }
        }
        (Some(Source::Load), _, Some(path)) => {
            if !path.is_file() {
                let (name, path) = (&options.name, path.display());
                return Err(Failure::new(format!("Error loading image {name}. Specified path {path} does not exist.")));
            }
            observed.loadable = archived(path)?;
        }
        // A platform that is asked for may be another one than that of the image that is there.
        (Some(Source::Pull), ..) if observed.image.is_some() && options.pull_platform().is_none() => {
            let asked = docker_module::at_registry(engine, &options.name_for("pull")?).await;
            // The pull may go another way than the question.
            observed.at_source = asked.map_err(|failure| call.warn(doubt(&failure))).ok();
        }
        _ => {}
    }
    Ok(())
}

fn doubt(failure: &Failure) -> String {
    format!("{}; so nobody knows before the pull whether it changes something", failure.msg())
}

async fn look_at_rest(engine: &Engine, options: &Options, observed: &mut Observed) -> Result<(), Failure> {
    if let Some(path) = &options.archive_path {
        observed.archive = archive_at(path)?;
    }
    if let Some(name) = options.repository()? {
        observed.tagged = engine.image(&name.to_string()).await?.map(|image| image.typed);
    }
    if let Some(name) = options.pushed()? {
        observed.at_registry = at_registry(engine, &name).await?;
    }
    Ok(())
}

/// What a name stands for at its registry. When that can't be asked, the pull or push itself says why.
pub async fn at_registry(engine: &Engine, name: &ImageName) -> Result<Option<String>, Failure> {
    Ok(engine.digest_at_registry(name, Credentials::for_image(name)?.as_ref()).await.ok())
}

/// The image after all is done.
pub async fn image(engine: &Engine, options: &Options) -> Result<Option<(Image, Value)>, Failure> {
    Ok(engine.image(&options.image()?.key()).await?.map(|image| (image.typed, image.raw)))
}

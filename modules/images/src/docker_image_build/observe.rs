//! What `docker_image_build` needs to know of the engine, the build context and the command line.

use std::path::Path;

use ansible::Failure;
use docker::Engine;
use docker::build::{Context, needs_buildkit};
use docker_module::Cli;
use serde_json::Value;

use super::options::{Options, Rebuild};
use super::plan::Observed;

/// Reads, changes nothing. The second part is the image as the engine gave it.
pub async fn observe(engine: &Engine, cli: &Cli, options: &Options) -> Result<(Observed, Option<Value>), Failure> {
    check_paths(&options.path, options.dockerfile.as_deref())?;
    let (image, raw) = engine.image(&options.image()?.to_string()).await?.map(|image| (image.typed, image.raw)).unzip();
    let mut observed = Observed { image, ..Observed::default() };
    if observed.image.is_some() && options.rebuild == Rebuild::Never {
        return Ok((observed, raw));
    }
    let context = Context::open(&options.path, options.dockerfile.as_deref())?;
    observed.needs_buildkit = needs_buildkit(&String::from_utf8_lossy(&context.dockerfile().text));
    if options.rebuild == Rebuild::Changed {
        observed.content = Some(context.sha256(&options.decisive())?);
    }
    if options.needs_buildkit().is_some() || observed.needs_buildkit.is_some() {
        observed.buildx = buildx_version(cli).await;
    }
    Ok((observed, raw))
}

/// The buildx plug-in's version, such as `0.13.1`; `None` when it can't be run.
async fn buildx_version(cli: &Cli) -> Option<String> {
    let done = cli.run(&["buildx".to_owned(), "version".to_owned()], &[]).await.ok().filter(|done| done.success)?;
    // github.com/docker/buildx v0.13.1 788433953af10f2a698f5c07611dddce2e08c7a0
    let version = done.stdout.split_whitespace().nth(1)?;
    Some(version.trim_start_matches('v').to_owned())
}

/// In the peer's words, which plays compare with.
fn check_paths(path: &Path, dockerfile: Option<&Path>) -> Result<(), Failure> {
    if !path.is_dir() {
        return Err(Failure::new(format!("\"{}\" is not an existing directory", path.display())));
    }
    match dockerfile.map(|name| path.join(name)) {
        Some(file) if !file.is_file() => Err(Failure::new(format!("\"{}\" is not an existing file", file.display()))),
        _ => Ok(()),
    }
}

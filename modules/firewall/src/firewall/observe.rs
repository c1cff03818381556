//! Reads what there is: the engine's networks, the host's interfaces.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ansible::{Call, Failure};
use docker_module::connect;
use serde::Deserialize;

use super::facts::{self, Facts};
use super::options::{Docker, Options};

#[derive(Deserialize)]
struct Where {
    docker_host: String,
}

/// What the engine tells; nothing, where none listens and none is required.
///
/// # Errors
/// One is required, or listens, and does not answer.
pub async fn engine(call: &Call, options: &Options) -> Result<Option<Facts>, Failure> {
    let asked = match options.docker {
        Docker::Never => return Ok(None),
        Docker::Required => true,
        Docker::Auto => {
            let host = call.options::<Where>()?.docker_host;
            host.strip_prefix("unix://").is_none_or(|socket| Path::new(socket).exists())
        }
    };
    if !asked {
        return Ok(Some(Facts::default()));
    }
    let hint = |failure: Failure| {
        failure.and(". Start the engine, or set `docker` to never, if the firewall need not know of it")
    };
    let engine = connect(call).await.map_err(hint)?;
    facts::of(&engine).await.map(Some).map_err(|error| hint(error.into()))
}

/// The names of the interfaces. Of this network namespace, which /sys need not show.
///
/// # Errors
/// There is no /proc.
pub fn interfaces() -> Result<BTreeSet<String>, Failure> {
    let path = "/proc/self/net/dev";
    let text = fs::read_to_string(path).map_err(|error| Failure::new(format!("reading {path}: {error}")))?;
    Ok(text.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim().to_owned()).collect())
}

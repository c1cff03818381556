//! `docker_host_info`: what the engine says of itself, its objects and their disk usage.

mod lists;
mod options;
mod usage;

use ansible::{Call, Failure, Module, Outcome};
use docker::Engine;
use docker_module::connect;

use self::options::Options;

pub const MODULE: Module = ansible::module!(docker_host_info, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let engine = connect(&call).await.map_err(|failure| failure.with("can_talk_to_docker", false))?;
    // With `api_version` pinned, this is the first word with the engine; a refusal is a word too.
    let host_info = engine.get("/info", &[]).await.map_err(|error| {
        Failure::new(format!("Error inspecting docker host: {error}"))
            .with("can_talk_to_docker", error.status().is_some())
    })?;
    let outcome = Outcome::unchanged().with("can_talk_to_docker", true).with("host_info", host_info);
    more(&engine, &options, outcome).await.map_err(|failure| failure.with("can_talk_to_docker", true))
}

/// Adds what the user asked for beyond the engine's own description.
async fn more(engine: &Engine, options: &Options, mut outcome: Outcome) -> Result<Outcome, Failure> {
    if options.disk_usage {
        let usage = usage::usage(engine, options.verbose_output).await;
        outcome = outcome
            .with("disk_usage", usage.map_err(|error| Failure::new(format!("Error inspecting docker host: {error}")))?);
    }
    for (name, items) in lists::lists(engine, options).await? {
        outcome = outcome.with(name, items);
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

//! `docker_container_exec`: runs a command in a container.

mod options;

use ansible::{Call, Failure, Module, Outcome};
use docker::Exec;
use docker_module::connect;

use self::options::Options;

pub const MODULE: Module = ansible::module!(docker_container_exec, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let exec = options.exec()?;
    let stdin = options.stdin();
    let engine = connect(&call).await?;
    // What a command changes nobody knows, so it has no plan, and check mode skips the module.
    if options.detach {
        let id = engine.exec_detached(&exec).await.map_err(|error| explain(&exec, error))?;
        return Ok(Outcome::new(true).with("exec_id", id));
    }
    let done = engine.exec(&exec, stdin.as_deref()).await.map_err(|error| explain(&exec, error))?;
    Ok(Outcome::new(true)
        .with("stdout", options.text(&done.stdout))
        .with("stderr", options.text(&done.stderr))
        .with("rc", done.status))
}

/// The peer's wording, which plays match on.
fn explain(exec: &Exec, error: docker::Error) -> Failure {
    if error.is_not_found() {
        return Failure::new(format!("Could not find container \"{}\"", exec.container));
    }
    if error.is_conflict() && error.to_string().contains("paused") {
        return Failure::new(format!("The container \"{}\" has been paused ({error})", exec.container));
    }
    error.into()
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

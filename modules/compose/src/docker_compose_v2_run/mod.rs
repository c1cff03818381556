//! `docker_compose_v2_run`: runs a command in a new container of a Compose service.

mod options;

use ansible::{Call, Failure, Module, Outcome};

use self::options::Options;
use crate::cli::{Command, Compose};

pub const MODULE: Module = ansible::module!(docker_compose_v2_run, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let command: Command = call.options()?;
    let mut words = vec!["run".to_owned()];
    words.extend(options.words());
    words.extend(command.options()?);
    words.extend(command.words()?);
    let compose = Compose::open(&call).await?;
    // What a command changes nobody knows, so it has no plan, and check mode skips the module.
    let done = compose.run(&words, command.stdin()).await?;
    let printed = command.printed(&done);
    if command.detach {
        return match done.success {
            true => Ok(Outcome::new(true).with("container_id", printed.stdout.trim())),
            false => {
                Err(Failure::new(format!("starting a container of service {}: {}", command.service, printed.stderr)))
            }
        };
    }
    let outcome = Outcome::new(true);
    Ok(outcome.with("stdout", printed.stdout).with("stderr", printed.stderr).with("rc", done.status))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    use crate::cli::{Command, Project};

    #[test]
    fn sidecar_and_options_agree() {
        let cli = reads::<docker_module::Cli>();
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<Command>(), reads::<Project>(), cli]).unwrap();
    }
}

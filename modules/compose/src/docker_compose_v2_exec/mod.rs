//! `docker_compose_v2_exec`: runs a command in a container of a Compose service.

mod options;

use ansible::{Call, Failure, Module, Outcome};

use self::options::Options;
use crate::cli::{Command, Compose};

pub const MODULE: Module = ansible::module!(docker_compose_v2_exec, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let command: Command = call.options()?;
    let mut words = vec!["exec".to_owned()];
    options.index.iter().for_each(|index| words.extend(["--index".to_owned(), index.to_string()]));
    if options.privileged {
        words.push("--privileged".to_owned());
    }
    words.extend(command.options()?);
    words.extend(command.words()?);
    let compose = Compose::open(&call).await?;
    // What a command changes nobody knows, so it has no plan, and check mode skips the module.
    let done = compose.run(&words, command.stdin()).await?;
    let printed = command.printed(&done);
    if command.detach {
        return match done.success {
            true => Ok(Outcome::new(true)),
            false => {
                Err(Failure::new(format!("starting a command in service {}: {}", command.service, printed.stderr)))
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

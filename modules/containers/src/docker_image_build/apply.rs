//! Builds, by the engine or by the buildx plug-in.

use std::cell::RefCell;

use ansible::Failure;
use docker::Engine;
use docker::build::Context;
use docker_module::Cli;

use super::plan::Action;

/// What the builder said, as the peer returns it: buildx tells its progress on standard error.
#[derive(Debug, Default)]
pub struct Said {
    pub stdout: String,
    pub stderr: String,
}

pub async fn apply(engine: &Engine, cli: &Cli, action: &Action, said: &RefCell<Said>) -> Result<(), Failure> {
    match action {
        Action::Build { build, path, dockerfile } => {
            let context = Context::open(path, dockerfile.as_deref())?;
            let listen = |line: &docker::Progress| said.borrow_mut().stderr += &line.text();
            Ok(engine.build(build, context, listen).await?)
        }
        Action::Buildx { command, .. } => {
            let done = cli.run(&command.words, &command.environment).await?;
            // The last line of what it says is the error.
            let error = done.stderr.trim_end().lines().last().unwrap_or("buildx fails without a word").to_owned();
            said.replace(Said { stdout: done.stdout, stderr: done.stderr });
            if done.success { Ok(()) } else { Err(Failure::new(error)) }
        }
    }
}

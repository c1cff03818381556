//! Builds, by the engine or by the buildx plug-in.

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

/// What was said comes with a failure too.
pub async fn apply(engine: &Engine, cli: &Cli, action: &Action) -> Result<Said, Failure> {
    let mut said = Said::default();
    match build(engine, cli, action, &mut said).await {
        Ok(()) => Ok(said),
        Err(failure) => Err(failure.with("stdout", said.stdout).with("stderr", said.stderr)),
    }
}

async fn build(engine: &Engine, cli: &Cli, action: &Action, said: &mut Said) -> Result<(), Failure> {
    match action {
        Action::Build { build, path, dockerfile } => {
            let context = Context::open(path, dockerfile.as_deref())?;
            let listen = |line: &docker::Progress| said.stderr += &line.text();
            Ok(engine.build(build, context, listen).await?)
        }
        Action::Buildx { command, .. } => {
            let done = cli.run(&command.words, &command.environment).await?;
            // The last line of what it says is the error.
            let error = done.stderr.trim_end().lines().last().unwrap_or("buildx fails without a word").to_owned();
            *said = Said { stdout: done.stdout, stderr: done.stderr };
            if done.success { Ok(()) } else { Err(Failure::new(error)) }
        }
    }
}

//! Docker's Compose plug-in: what the modules that run it share.

mod events;
mod exec;
mod project;
mod rendered;
mod state;

use ansible::{Call, Failure};
use docker_module::{Cli, Done};

pub use self::events::{Event, Told};
pub use self::exec::Command;
pub use self::project::Project;
pub use self::rendered::Rendered;
pub use self::state::State;

/// Compose, for one project.
#[derive(Debug)]
pub struct Compose<'c> {
    call: &'c Call,
    cli: Cli,
    project: project::Opened,
    version: (u32, u32),
}

/// The first version that can be told to report its progress as JSON.
const JSON_PROGRESS: (u32, u32) = (2, 29);

impl<'c> Compose<'c> {
    /// Finds the plug-in and the project's files.
    ///
    /// # Errors
    /// The plug-in is not there or too old; the files are not there.
    pub async fn open(call: &'c Call) -> Result<Compose<'c>, Failure> {
        let cli: Cli = call.options()?;
        let project: Project = call.options()?;
        let words = ["compose", "version", "--format", "json"].map(str::to_owned);
        let done = cli.run(&words, &[]).await?;
        if !done.success {
            return Err(Failure::new(
                "Docker CLI does not have the compose plugin installed: `docker compose version` fails on the target",
            ));
        }
        let version = version(&done.stdout);
        if version < (2, 18) {
            return Err(Failure::new(format!(
                "Docker CLI has the compose plugin with version {}.{}; need version 2.18.0 or later",
                version.0, version.1
            )));
        }
        Ok(Compose { call, cli, project: project.open()?, version })
    }

    /// # Errors
    /// The plug-in is older than `wanted`, which `what` needs.
    pub fn needs(&self, wanted: (u32, u32), what: &str) -> Result<(), Failure> {
        if self.version >= wanted {
            return Ok(());
        }
        let (have, need) = (self.version, wanted);
        Err(Failure::new(format!(
            "{what} is only supported since Docker Compose {}.{}.0. docker compose has version {}.{}",
            need.0, need.1, have.0, have.1
        )))
    }

    /// Runs a command of Compose that reports its progress.
    ///
    /// # Errors
    /// It fails: what the events or its last words say.
    pub async fn work(&self, words: &[String]) -> Result<Told, Failure> {
        self.report(&[], words).await
    }

    /// As [`Compose::work`], but it only pretends.
    ///
    /// # Errors
    /// As [`Compose::work`].
    pub async fn pretend(&self, words: &[String]) -> Result<Told, Failure> {
        self.report(&["--dry-run"], words).await
    }

    async fn report(&self, global: &[&str], words: &[String]) -> Result<Told, Failure> {
        let mut all: Vec<String> = global.iter().map(|word| (*word).to_owned()).collect();
        if self.version >= (2, 19) {
            let kind = if self.version >= JSON_PROGRESS { "json" } else { "plain" };
            all.extend(["--progress".to_owned(), kind.to_owned()]);
        }
        all.extend_from_slice(words);
        let done = self.run(&all, None).await?;
        let told = Told::read(&done.stderr);
        told.warnings.iter().for_each(|warning| self.call.warn(warning));
        let outcome = |failure: Failure| {
            failure.verbatim().with("actions", &told.actions).with("stdout", &done.stdout).with("stderr", &done.stderr)
        };
        match told.error(done.success) {
            Some(error) => Err(outcome(Failure::new(error)).with("rc", done.status).with("cmd", all.join(" "))),
            None => Ok(told),
        }
    }

    /// Runs a command of Compose for what it prints.
    ///
    /// # Errors
    /// It can't be started; one that fails is no error.
    pub async fn run(&self, words: &[String], input: Option<Vec<u8>>) -> Result<Done, Failure> {
        let mut all = vec!["compose".to_owned(), "--ansi".to_owned(), "never".to_owned()];
        all.extend(self.project.words());
        all.extend_from_slice(words);
        self.cli.run_in(&self.project.folder, &all, input).await
    }
}

/// `{"version":"v2.40.3-desktop.1"}`: the first two numbers; a build without numbers counts as the newest.
fn version(text: &str) -> (u32, u32) {
    let found = serde_json::from_str::<serde_json::Value>(text).ok();
    let text = found.as_ref().and_then(|found| found.get("version")?.as_str()).unwrap_or_default();
    let mut numbers = text.trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
        _ => (u32::MAX, 0),
    }
}

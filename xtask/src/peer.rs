//! `cargo xtask peer`: the peer's own integration tests against our collection.

use std::process::Command;

use anyhow::Result;

use crate::collection::{self, Profile};
use crate::process;
use crate::workspace::Workspace;

/// Runs community.docker's own integration tests against the collection. Without a target: the slice that `test` runs.
#[derive(clap::Args)]
pub struct Arguments {
    /// Build quickly, for development: larger and slower binaries.
    #[arg(long)]
    dev: bool,
    /// Docker's version: 20.10, 26.1 or 28.5.
    #[arg(long, default_value = "28.5")]
    engine: String,
    /// Instead of the targets, so many generated docker_container tasks (times five) through both, and compare.
    #[arg(long, value_name = "CASES", conflicts_with = "targets")]
    differential: Option<u32>,
    /// Targets, as docker_volume or docker_container:ports,healthy.
    targets: Vec<String>,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::read()?;
    collection::lay_out(&workspace, &[collection::X86_64], Profile::of(arguments.dev))?;
    if let Some(cases) = arguments.differential {
        return process::run(differential(&workspace, cases).args(["--engine", &arguments.engine]));
    }
    let mut command = script(&workspace);
    command.args(["--engine", &arguments.engine]);
    if arguments.targets.is_empty() {
        command.arg("--slice");
    }
    process::run(command.args(&arguments.targets))
}

/// The runner, told where the collection is.
pub fn script(workspace: &Workspace) -> Command {
    let mut command = Command::new(workspace.root.join("tests/peer/run"));
    command.arg("--collections").arg(workspace.target.join("collections"));
    command
}

/// The differential run, told where the collection is: so many cases, always the same.
pub fn differential(workspace: &Workspace, cases: u32) -> Command {
    let mut command = Command::new(workspace.root.join("tests/differential/run"));
    command.arg("--collections").arg(workspace.target.join("collections")).args(["--cases", &cases.to_string()]);
    command
}

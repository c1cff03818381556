//! `cargo xtask dist`: the collection as the archive that Ansible Galaxy takes.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::collection::{self, Profile};
use crate::process;
use crate::venv::{self, Need};
use crate::workspace::Workspace;

/// Builds the collection for all architectures and packs it into target/dist.
#[derive(clap::Args)]
pub struct Arguments {
    /// Leave out aarch64.
    #[arg(long)]
    x86_64_only: bool,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::read()?;
    let mut architectures = vec![collection::X86_64];
    if !arguments.x86_64_only {
        architectures.push(collection::aarch64()?);
    }
    collection::lay_out(&workspace, &architectures, Profile::Release)?;
    let dist = workspace.target.join("dist");
    fs::create_dir_all(&dist).with_context(|| format!("making {}", dist.display()))?;
    let galaxy = venv::ensure(&workspace, Need::Ansible)?.join("bin/ansible-galaxy");
    let mut command = Command::new(galaxy);
    command.args(["collection", "build", "--force", "--output-path"]).arg(&dist).arg(workspace.collection());
    process::run(&mut command)
}

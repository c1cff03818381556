//! `cargo xtask dist`: the collection as the archive that Ansible Galaxy takes, and the volume plug-in as the folder that
//! `docker plugin create` takes.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::collection::{self, Profile};
use crate::process;
use crate::venv::{self, Need};
use crate::workspace::Workspace;

/// Builds the collection for all architectures and packs it, and the managed volume plug-in, into target/dist.
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
    process::run(&mut command)?;
    for architecture in &architectures {
        managed_plugin(&workspace, architecture.machine, &dist)?;
    }
    Ok(())
}

/// The folder of which `docker plugin create` makes the volume plug-in.
fn managed_plugin(workspace: &Workspace, machine: &str, dist: &Path) -> Result<()> {
    let folder = dist.join(format!("cdgp-volume-plugin-{machine}"));
    let doing = || format!("making {}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(doing)?;
    }
    // What the engine mounts something on has to be there.
    for inner in ["data", "dev", "etc", "proc", "run/docker/plugins", "sys", "tmp"] {
        fs::create_dir_all(folder.join("rootfs").join(inner)).with_context(doing)?;
    }
    let binary = workspace.collection().join("bin").join(machine).join("volumes");
    fs::copy(binary, folder.join("rootfs/volumes")).with_context(doing)?;
    fs::copy(workspace.root.join("modules/volumes/managed/config.json"), folder.join("config.json"))
        .with_context(doing)?;
    println!("{}: docker plugin create cdgp {}", folder.display(), folder.display());
    Ok(())
}

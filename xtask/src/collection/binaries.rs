//! Builds the static binaries.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::process;
use crate::workspace::{Workspace, cargo};

/// An architecture: as `uname -m` says it, and as Rust does.
pub struct Architecture {
    /// The folder under `bin/`.
    pub machine: &'static str,
    /// Rust's target triple.
    pub triple: &'static str,
}

/// What every collection holds.
pub const X86_64: Architecture = Architecture { machine: "x86_64", triple: "x86_64-unknown-linux-gnu" };

/// How to build.
#[derive(Clone, Copy)]
pub enum Profile {
    /// Small and slow to build: what is shipped.
    Release,
    /// Quick to build, for developers.
    Quick,
}

/// Builds all domains for `architecture` and returns each binary's name and path.
pub fn build(workspace: &Workspace, architecture: &Architecture, profile: Profile) -> Result<Vec<(String, PathBuf)>> {
    let profile = match profile {
        Profile::Release => "release",
        Profile::Quick => "quick",
    };
    let mut command = Command::new(cargo());
    command.current_dir(&workspace.root).args(["build", "--profile", profile, "--target", architecture.triple]);
    for domain in &workspace.domains {
        command.args(["--package", &domain.name]);
    }
    // Here and not in .cargo/config.toml: without --target it would reach proc-macros, which can't be static. The
    // environment wins over any RUSTFLAGS of the user. Paths of the building machine stay out of the binaries.
    let mut flags = vec!["-Ctarget-feature=+crt-static".to_owned()];
    flags.push(format!("--remap-path-prefix={}=.", workspace.root.display()));
    if let Some(home) = cargo_home() {
        flags.push(format!("--remap-path-prefix={}=cargo", home.display()));
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
    process::run(&mut command)?;
    let folder = workspace.target.join(architecture.triple).join(profile);
    Ok(workspace.domains.iter().map(|domain| (domain.name.clone(), folder.join(&domain.name))).collect())
}

/// Where cargo keeps the sources of dependencies.
fn cargo_home() -> Option<PathBuf> {
    let set = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")))
}

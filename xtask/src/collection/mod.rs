//! `cargo xtask collection`: builds the static binaries and lays the collection out under target/collections.

mod binaries;
mod layout;
mod meta;

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::workspace::Workspace;
pub use binaries::{Architecture, Profile, X86_64, aarch64};
use layout::Layout;
use meta::Routed;

/// Builds the binaries and the collection into target/collections.
#[derive(clap::Args)]
pub struct Arguments {
    /// Build quickly, for development: larger and slower binaries.
    #[arg(long)]
    dev: bool,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> Result<()> {
    let start = Instant::now();
    let workspace = Workspace::read()?;
    let touched = lay_out(&workspace, &[X86_64], Profile::of(arguments.dev))?;
    let what = if touched == 0 { "as it was".to_owned() } else { format!("{touched} files new") };
    println!("collection {} in {:.1} s: {what}", workspace.collection().display(), start.elapsed().as_secs_f32());
    Ok(())
}

/// Builds for each architecture and brings the collection's directory to its content. Returns how many files changed.
pub fn lay_out(workspace: &Workspace, architectures: &[Architecture], profile: Profile) -> Result<usize> {
    let mut layout = Layout::default();
    for architecture in architectures {
        println!("building {} for {}", names(workspace), architecture.machine);
        for (name, path) in binaries::build(workspace, architecture, profile)? {
            add_binary(&mut layout, architecture.machine, &name, &path)?;
        }
    }
    let common = workspace.common_modules()?;
    // A module that is more than one call has an action plug-in of its own.
    let plugin = |module: &sidecar::Sidecar| {
        let own = workspace.root.join(format!("plugins/action/{}.py", module.name())).exists();
        if own { module.name().to_owned() } else { "native".to_owned() }
    };
    let mut modules: Vec<Routed<'_>> = Vec::new();
    for domain in &workspace.domains {
        modules.extend(domain.modules.iter().map(|module| Routed {
            module,
            binary: &domain.name,
            plugin: plugin(module),
        }));
    }
    // Each binary has the common modules; the first, which most tasks run, is the likeliest to be on a target already.
    if let Some(first) = workspace.domains.first() {
        modules.extend(common.iter().map(|module| Routed { module, binary: &first.name, plugin: plugin(module) }));
    }
    modules.sort_by(|a, b| a.module.name().cmp(b.module.name()));
    for routed in &modules {
        layout.add(format!("plugins/modules/{}.py", routed.module.name()), routed.module.stub());
    }
    for fragment in sidecar::Fragment::read_all(&sidecar::fragment_dir())? {
        layout.add(format!("plugins/doc_fragments/{}.py", fragment.name()), fragment.stub());
    }
    for path in
        ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "LICENSES", "plugins", "roles", "playbooks"]
    {
        layout.add_tree(path, &workspace.root.join(path))?;
    }
    meta::add(&mut layout, &workspace.version, &modules);
    layout.bring_to(&workspace.collection())
}

/// Adds a binary and its checksums: SHA-256 in the form that `sha256sum --check` reads, and the CRC-32 that each task sends.
fn add_binary(layout: &mut Layout, machine: &str, name: &str, path: &Path) -> Result<()> {
    let content = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let sum: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
    layout.add(format!("bin/{machine}/{name}.sha256"), format!("{sum}  {name}\n"));
    layout.add(format!("bin/{machine}/{name}.crc32"), format!("{}\n", crc32fast::hash(&content)));
    layout.add_program(format!("bin/{machine}/{name}"), content);
    Ok(())
}

/// The binaries' names in a row.
fn names(workspace: &Workspace) -> String {
    workspace.domains.iter().map(|domain| domain.name.as_str()).collect::<Vec<_>>().join(", ")
}

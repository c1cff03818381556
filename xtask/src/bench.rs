//! `cargo xtask bench`: figures that a change can spoil.

mod volume_plugin;

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::collection::{self, Profile};
use crate::workspace::Workspace;
use crate::{peer, process};

/// Measures and prints a table for each subject; without one, for all.
#[derive(clap::Args)]
pub struct Arguments {
    /// What to measure.
    subjects: Vec<Subject>,
}

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Subject {
    /// A task over ssh: ours, community.docker, Mitogen, raw; and the size of what is delivered.
    Delivery,
    /// A `docker_container` task on the target: ours and community.docker's, alone and beside 500 containers.
    Containers,
    /// Rules by the module `firewall` and by bare iptables: applied, unchanged, compared; 100, 1,000 and 10,000.
    Firewall,
    /// The binaries in bytes.
    Size,
    /// Backups of volumes: packing and unpacking against `tar | zstd` with as many threads; the volume plug-in's answers at
    /// 1,000 volumes, and snapshots of 1 GiB.
    Volumes,
}

/// No binary is to be larger, TLS and all.
const LARGEST: u64 = 3_500_000;

/// Runs the verb.
pub fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::read()?;
    collection::lay_out(&workspace, &[collection::X86_64], Profile::Release)?;
    size(&workspace)?;
    let wanted = |subject: Subject| arguments.subjects.is_empty() || arguments.subjects.contains(&subject);
    if wanted(Subject::Delivery) {
        process::run(&mut Command::new(workspace.root.join("tests/native/bench.py")))?;
    }
    if wanted(Subject::Containers) {
        process::run(peer::differential(&workspace, 0).arg("--bench"))?;
    }
    if wanted(Subject::Volumes) {
        let example = ["run", "--release", "--quiet", "--package", "archive", "--example", "throughput"];
        process::run(Command::new(env!("CARGO")).args(example).current_dir(&workspace.root))?;
        volume_plugin::run(&workspace.collection().join("bin").join(collection::X86_64.machine).join("volumes"))?;
    }
    if wanted(Subject::Firewall) {
        let binary = workspace.collection().join("bin").join(collection::X86_64.machine).join("firewall");
        let script = workspace.root.join("tests/differential/firewall_bench.py");
        process::run(Command::new("unshare").args(["--net", "--mount", "--"]).arg(script).arg(binary))?;
    }
    Ok(())
}

/// Each binary's size.
fn size(workspace: &Workspace) -> Result<()> {
    println!("{:<12}{:<10}{:>8}{:>10}{:>12}  goal", "binary", "machine", "modules", "MB", "bytes");
    for domain in &workspace.domains {
        let machine = collection::X86_64.machine;
        let path = workspace.collection().join("bin").join(machine).join(&domain.name);
        let bytes = fs::metadata(&path).with_context(|| format!("reading {}", path.display()))?.len();
        // A float for two digits behind the point; a binary is far below the size where it loses any.
        let megabytes = bytes as f64 / 1e6;
        let verdict = if bytes <= LARGEST { "reached" } else { "MISSED" };
        println!(
            "{:<12}{machine:<10}{:>8}{megabytes:>10.2}{bytes:>12}  ≤ {:.1} MB: {verdict}",
            domain.name,
            domain.modules.len(),
            LARGEST as f64 / 1e6
        );
    }
    Ok(())
}

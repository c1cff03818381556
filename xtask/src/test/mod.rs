//! `cargo xtask test`: every check that a change must pass, one step after the other.

mod demo;
mod hosts;
mod licences;
mod lint;

use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::Result;

use crate::collection::{self, Profile};
use crate::venv::{self, Need};
use crate::workspace::{Workspace, cargo};
use crate::{peer, process};

/// Runs the checks, all or the named ones, and goes on after one that fails. Installs what is missing.
#[derive(clap::Args)]
pub struct Arguments {
    /// The steps to run, in the order of the list.
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(STEPS.map(|step| step.name)))]
    steps: Vec<String>,
}

/// One check.
struct Step {
    name: &'static str,
    run: fn(&Workspace) -> Result<()>,
}

/// The checks: the quick ones first, what needs the collection behind it.
const STEPS: [Step; 16] = [
    Step { name: "fmt", run: |workspace| in_root(workspace, &["fmt", "--all", "--check"]) },
    Step { name: "licences", run: licences::check },
    Step { name: "clippy", run: clippy },
    Step { name: "cargo", run: cargo_test },
    Step {
        name: "collection",
        run: |workspace| collection::lay_out(workspace, &[collection::X86_64], Profile::Release).map(drop),
    },
    Step { name: "lint", run: lint::ansible_lint },
    Step { name: "sanity", run: lint::validate_modules },
    Step { name: "spec", run: |workspace| script(workspace, "tests/spec/run") },
    Step {
        name: "host",
        run: |workspace| {
            venv::ensure(workspace, Need::Tests)?;
            script(workspace, "tests/host/run")
        },
    },
    Step { name: "native", run: |workspace| script(workspace, "tests/native/run") },
    Step { name: "demo", run: demo::check },
    Step { name: "roles", run: |workspace| script(workspace, "tests/roles/run") },
    Step { name: "hosts", run: hosts::check },
    Step { name: "peer", run: |workspace| process::run(peer::script(workspace).arg("--slice")) },
    Step { name: "differential", run: |workspace| process::run(&mut peer::differential(workspace, 10)) },
    Step { name: "firewall", run: firewall },
];

/// Runs the verb; its last line is for machines.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::read()?;
    let wanted = |step: &&Step| arguments.steps.is_empty() || arguments.steps.iter().any(|name| name == step.name);
    let mut summary = Vec::new();
    let mut failed = 0;
    for step in STEPS.iter().filter(wanted) {
        println!("== {}", step.name);
        let start = Instant::now();
        let result = (step.run)(&workspace);
        let verdict = match &result {
            Ok(()) => "passed".to_owned(),
            Err(error) => format!("FAILED: {error:#}"),
        };
        failed += usize::from(result.is_err());
        let line = format!("{:<12}{:>7.1} s  {verdict}", step.name, start.elapsed().as_secs_f32());
        println!("== {line}");
        summary.push(line);
    }
    println!("\n{}", summary.join("\n"));
    if failed > 0 {
        println!("Each step runs alone by `cargo xtask test STEP`");
    }
    println!("{} passed, {failed} failed", summary.len() - failed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn clippy(workspace: &Workspace) -> Result<()> {
    in_root(workspace, &["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"])
}

/// Unit tests, golden cases and the integration crate.
fn cargo_test(workspace: &Workspace) -> Result<()> {
    venv::packages(Need::Tests)?;
    let nextest = process::output(Command::new(cargo()).args(["nextest", "--version"])).is_ok();
    let words: &[&str] = if nextest { &["nextest", "run"] } else { &["test", "--quiet"] };
    in_root(workspace, &[words, &["--workspace", "--no-fail-fast"]].concat())
}

/// The peers' own tests of `iptables` and `iptables_state`, and some generated `iptables` tasks through both.
fn firewall(workspace: &Workspace) -> Result<()> {
    let collections = workspace.target.join("collections");
    let run = |path: &str, words: &[&str]| {
        process::run(Command::new(workspace.root.join(path)).arg("--collections").arg(&collections).args(words))
    };
    run("tests/peer/run-firewall", &[])?;
    run("tests/differential/run-iptables", &["--tasks", "60"])
}

/// Runs cargo in the workspace.
fn in_root(workspace: &Workspace, words: &[&str]) -> Result<()> {
    process::run(Command::new(cargo()).current_dir(&workspace.root).args(words))
}

/// Runs one of the test scripts, which says by its exit status how it went.
fn script(workspace: &Workspace, path: &str) -> Result<()> {
    venv::packages(Need::Tests)?;
    process::run(Command::new(workspace.root.join(path)).current_dir(&workspace.root))
}

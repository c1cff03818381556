//! The demo as its user has it: up, the page, a second run, another option, down, and no trace.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};
use tests::{Engine, Version};

use crate::demo::{self, Arguments, Play, Site, look};
use crate::process;
use crate::workspace::Workspace;

const PORT: u16 = 8080;

/// Runs the step.
pub fn check(workspace: &Workspace) -> Result<()> {
    let place = place(workspace);
    let arguments = |down| Arguments {
        down,
        engine: Some(Version::Newest.number().to_owned()),
        place: place.clone(),
        port: PORT,
        dev: false,
    };
    let result = demo::run(&arguments(false)).and_then(|()| further(workspace, &place));
    let down = demo::run(&arguments(true));
    result.and(down)?;
    println!("== down once more");
    demo::run(&arguments(true))?;
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let cgroups = process::output(Command::new("find").args(["/sys/fs/cgroup", "-name", &format!("*{name}*")]))?;
    if place.exists() || !cgroups.is_empty() {
        bail!("the private engine left something: {} {cgroups}", place.display());
    }
    Ok(())
}

/// What a user goes on to do with it.
fn further(workspace: &Workspace, place: &Path) -> Result<()> {
    let engine = Engine::start_at(place, Version::Newest)?;
    let docker = |words: &[&str]| process::output(engine.docker().args(words));
    let containers = || docker(&["ps", "--all", "--no-trunc", "--format", "{{.Names}} {{.ID}}"]);
    let site = Site::private(Engine::start_at(place, Version::Newest)?);
    let play = Play::new(workspace, &site, PORT)?;

    println!("\n== check mode");
    play.run("demo", &["--check", "--diff"])?.must_change_nothing()?;

    println!("\n== another option for the database: a new container with the old volume");
    let (before, visitor) = (containers()?, look(&site, PORT)?.visitor);
    play.run("demo", &["--extra-vars", "demo_appendfsync=always"])?;
    let (after, page) = (containers()?, look(&site, PORT)?);
    println!("{page}");
    let changed: Vec<&str> = after.lines().filter(|line| !before.lines().any(|old| old == *line)).collect();
    if !matches!(changed[..], [line] if line.starts_with("cdgp-demo-database ")) {
        bail!("not the database alone has a new container: {changed:?}");
    }
    if page.visitor <= visitor {
        bail!("the database has forgotten its visitors: {} after {visitor}", page.visitor);
    }

    println!("\n== all of it goes");
    play.run("demo_down", &[])?;
    play.run("demo_down", &[])?.must_change_nothing()?;
    let left = [
        docker(&["ps", "--all", "--quiet"])?,
        docker(&["volume", "ls", "--quiet"])?,
        docker(&["network", "ls", "--quiet", "--filter", "type=custom"])?,
        docker(&["image", "ls", "--all", "--quiet"])?,
    ];
    if left.iter().any(|list| !list.is_empty()) {
        bail!("demo_down left containers, volumes, networks or images: {left:?}");
    }
    Ok(())
}

/// The engine's folder: one for each checkout, so that a run finds and ends what a killed one left.
fn place(workspace: &Workspace) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    workspace.root.hash(&mut hasher);
    std::env::temp_dir().join(format!("cdgp-test-demo-{:08x}", hasher.finish() as u32))
}

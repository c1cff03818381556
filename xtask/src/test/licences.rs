//! Holds each dependency against deny.toml: its licence and where it comes from.
//!
//! `cargo deny` does the same and more, but takes longer to build than all of this workspace; this reads its file.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use spdx::{Expression, ParseMode};

use crate::process;
use crate::workspace::{Workspace, cargo};

/// Runs the step.
pub fn check(workspace: &Workspace) -> Result<()> {
    let path = workspace.root.join("deny.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let rules: toml::Table = text.parse().with_context(|| format!("reading {}", path.display()))?;
    let licences = strings(&rules, "licenses", "allow")?;
    let registries = strings(&rules, "sources", "allow-registry")?;
    let mut problems = Vec::new();
    let packages = packages(workspace, &strings(&rules, "graph", "targets")?)?;
    for package in &packages {
        problems.extend(problem(package, &licences, &registries));
    }
    if !problems.is_empty() {
        bail!("deny.toml does not let in {}", problems.join("; "));
    }
    println!("{} packages", packages.len());
    Ok(())
}

/// The packages that anything here links to.
fn packages(workspace: &Workspace, targets: &[String]) -> Result<Vec<Value>> {
    let mut command = Command::new(cargo());
    command.current_dir(&workspace.root).args(["metadata", "--format-version=1", "--locked"]);
    for target in targets {
        command.args(["--filter-platform", target]);
    }
    let mut metadata: Value = serde_json::from_str(&process::output(&mut command)?)?;
    match metadata["packages"].take() {
        Value::Array(packages) => Ok(packages),
        _ => bail!("cargo metadata lists no packages"),
    }
}

/// What speaks against a package.
fn problem(package: &Value, licences: &[String], registries: &[String]) -> Option<String> {
    let name = format!("{} {}", package["name"].as_str()?, package["version"].as_str()?);
    // A package of this workspace has no source.
    let from = package["source"].as_str().unwrap_or("registry+");
    let known = from == "registry+" || registries.iter().any(|registry| from == format!("registry+{registry}"));
    if !known {
        return Some(format!("{name} from {from}"));
    }
    let written = package["license"].as_str().unwrap_or("no licence");
    let allowed = |expression: Expression| {
        expression.evaluate(|needed| needed.license.id().is_some_and(|id| licences.iter().any(|name| name == id.name)))
    };
    match Expression::parse_mode(written, ParseMode::LAX).map(allowed) {
        Ok(true) => None,
        Ok(false) => Some(format!("{name} under {written}")),
        Err(error) => Some(format!("{name} under {written} ({})", error.reason)),
    }
}

/// A list of strings in deny.toml.
fn strings(rules: &toml::Table, section: &str, key: &str) -> Result<Vec<String>> {
    let list = rules.get(section).and_then(|section| section.get(key)).and_then(toml::Value::as_array);
    let list = list.ok_or_else(|| anyhow!("deny.toml has no list {section}.{key}"))?;
    Ok(list.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
}

//! The collection as Ansible's own checkers see it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::process;
use crate::venv::{self, Need};
use crate::workspace::Workspace;

/// ansible-lint with its strictest profile.
pub fn ansible_lint(workspace: &Workspace) -> Result<()> {
    let bin = venv::ensure(workspace, Need::Tests)?.join("bin");
    let mut command = Command::new(bin.join("ansible-lint"));
    command.current_dir(workspace.collection()).args(["--offline", "--nocolor", "--profile", "production"]);
    // The project has no public address yet that galaxy.yml could name.
    command.args(["--skip-list", "galaxy[no-repository]"]);
    // The playbooks call our modules by their full names.
    command.env("ANSIBLE_COLLECTIONS_PATH", workspace.target.join("collections"));
    let path = std::env::var("PATH").unwrap_or_default();
    process::run(command.env("PATH", format!("{}:{path}", bin.display())))
}

/// What `ansible-test sanity --test validate-modules` runs. Not by way of ansible-test, because that fetches a copy of
/// pip from a site that is no package registry.
pub fn validate_modules(workspace: &Workspace) -> Result<()> {
    let venv = venv::ensure(workspace, Need::Tests)?;
    let validator = site_packages(&venv)?.join("ansible_test/_util/controller/sanity/validate-modules/validate.py");
    let collection = "ansible_collections/cdgp/docker";
    let mut command = Command::new(venv.join("bin/python"));
    command.current_dir(workspace.target.join("collections")).env("ANSIBLE_COLLECTIONS_PATH", ".");
    command.arg(validator).args(["--format", "json", "--arg-spec", "--collection", collection]);
    command.args(["--collection-version", &workspace.version]).arg(format!("{collection}/plugins/modules"));
    let output = command.output().context("starting validate-modules")?;
    // It ends with 3 when it has found something.
    if !matches!(output.status.code(), Some(0 | 3)) {
        bail!("validate-modules ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    let found: Value = serde_json::from_slice(&output.stdout).context("reading what validate-modules found")?;
    let files = found.as_object().ok_or_else(|| anyhow!("validate-modules gave no mapping of files"))?;
    let mut problems = 0;
    for (file, found) in files {
        for error in found["errors"].as_array().into_iter().flatten() {
            let code = error["code"].as_str().unwrap_or_default();
            // The licence is ours to choose; the collection's tests/sanity/ignore-*.txt say the same to ansible-test.
            if code != "missing-gplv3-license" {
                println!("{file}: {code}: {}", error["msg"].as_str().unwrap_or_default());
                problems += 1;
            }
        }
    }
    if problems > 0 {
        bail!("validate-modules found {problems} problems");
    }
    Ok(())
}

/// The virtual environment's `site-packages`.
fn site_packages(venv: &Path) -> Result<PathBuf> {
    let lib = venv.join("lib");
    for entry in fs::read_dir(&lib).with_context(|| format!("reading {}", lib.display()))? {
        let folder = entry?.path().join("site-packages");
        if folder.is_dir() {
            return Ok(folder);
        }
    }
    bail!("{} has no site-packages: remove the folder and try again", lib.display())
}

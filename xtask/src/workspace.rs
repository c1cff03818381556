//! The workspace as cargo and the folders describe it: where things are, which binaries there are, which modules.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;
use sidecar::Sidecar;

use crate::process;

/// The workspace.
pub struct Workspace {
    /// The repository's root.
    pub root: PathBuf,
    /// Cargo's target directory.
    pub target: PathBuf,
    /// The collection's version.
    pub version: String,
    /// The binaries, in the order of their names.
    pub domains: Vec<Domain>,
}

/// A binary that holds modules.
pub struct Domain {
    /// The name of its package and of the binary.
    pub name: String,
    /// Its modules' sidecars.
    pub modules: Vec<Sidecar>,
}

impl Workspace {
    /// Reads the workspace that this program was built in.
    pub fn read() -> Result<Self> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut cargo = Command::new(cargo());
        cargo.args(["metadata", "--format-version=1", "--no-deps"]).current_dir(manifest);
        let metadata: Value = serde_json::from_str(&process::output(&mut cargo)?).context("reading cargo metadata")?;
        let path = |key: &str| -> Result<PathBuf> {
            Ok(metadata[key].as_str().ok_or_else(|| anyhow!("cargo metadata has no {key}"))?.into())
        };
        let root = path("workspace_root")?;
        let mut domains = Vec::new();
        for package in metadata["packages"].as_array().into_iter().flatten() {
            domains.extend(domain(&root, package)?);
        }
        domains.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { target: path("target_directory")?, root, version: env!("CARGO_PKG_VERSION").to_owned(), domains })
    }

    /// The sidecars of the modules that the protocol crate compiles into each binary.
    pub fn common_modules(&self) -> Result<Vec<Sidecar>> {
        sidecars(&self.root.join("modules/common/ansible/src"))
    }

    /// The collection's directory, for `ANSIBLE_COLLECTIONS_PATH=target/collections`.
    pub fn collection(&self) -> PathBuf {
        self.target.join("collections/ansible_collections/cdgp/docker")
    }
}

/// Cargo, the one that runs us.
pub fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// The domain that a package is, when it is one: a package right under `modules/` with sidecars.
fn domain(root: &Path, package: &Value) -> Result<Option<Domain>> {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
    let Some(folder) = manifest.parent().filter(|folder| folder.parent() == Some(&root.join("modules"))) else {
        return Ok(None);
    };
    let modules = sidecars(&folder.join("src"))?;
    if modules.is_empty() {
        return Ok(None);
    }
    Ok(Some(Domain { name: package["name"].as_str().unwrap_or_default().to_owned(), modules }))
}

/// The sidecars in a crate's `src`.
fn sidecars(src: &Path) -> Result<Vec<Sidecar>> {
    let paths = sidecar::find(src).with_context(|| format!("looking for sidecars in {}", src.display()))?;
    Ok(paths.iter().map(|path| Sidecar::read(path)).collect::<Result<_, _>>()?)
}

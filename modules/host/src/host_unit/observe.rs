//! What `host_unit` reads: what systemd tells of a unit, and the unit's files.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use ansible::Failure;
use serde::{Deserialize, Serialize};

use super::options::{Options, Scope};
use crate::command;

/// What is there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Observed {
    /// What `systemctl show` tells.
    pub properties: BTreeMap<String, String>,
    /// What `systemctl is-enabled` says.
    pub enabled: String,
    /// The unit's own file.
    pub content: Option<String>,
    /// Its drop-ins by their names without `.conf`.
    pub drop_ins: BTreeMap<String, String>,
}

/// Whether a unit runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Activity {
    Running,
    Stopped,
}

impl Observed {
    /// A property; empty when it is not told.
    pub fn property(&self, name: &str) -> &str {
        self.properties.get(name).map(String::as_str).unwrap_or_default()
    }

    pub fn activity(&self) -> Activity {
        match self.property("ActiveState") {
            "active" | "activating" | "reloading" | "refreshing" => Activity::Running,
            _ => Activity::Stopped,
        }
    }

    /// Whether systemd knows such a unit.
    pub fn exists(&self) -> bool {
        !matches!(self.property("LoadState"), "not-found" | "") || self.enabled_or_not().is_some()
    }

    pub fn masked(&self) -> bool {
        self.property("LoadState") == "masked" || self.enabled.starts_with("masked")
    }

    /// Whether it starts at boot; `None` when nothing says it. Source: systemctl(1), `is-enabled`.
    pub fn enabled_or_not(&self) -> Option<bool> {
        match self.enabled.as_str() {
            "enabled" | "enabled-runtime" | "static" | "alias" | "generated" | "indirect" | "transient" | "linked"
            | "linked-runtime" => Some(matches!(self.enabled.as_str(), "enabled" | "enabled-runtime" | "alias")),
            "disabled" | "masked" | "masked-runtime" => Some(false),
            _ => None,
        }
    }

    /// Whether it has no part that enabling would link.
    pub fn cannot_be_enabled(&self) -> bool {
        matches!(self.enabled.as_str(), "static" | "generated" | "indirect" | "transient")
    }

    /// Whether files have changed since systemd read them.
    pub fn needs_reload(&self) -> bool {
        self.property("NeedDaemonReload") == "yes"
    }
}

/// Where a scope's own files are.
pub fn folder(scope: Scope) -> Result<PathBuf, Failure> {
    Ok(match scope {
        Scope::System => PathBuf::from("/etc/systemd/system"),
        Scope::Global => PathBuf::from("/etc/systemd/user"),
        Scope::User => {
            let set = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
            let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config"));
            let base = set.or_else(home).ok_or_else(|| Failure::new("scope=user: the user has no home"))?;
            base.join("systemd/user")
        }
    })
}

/// Reads it.
///
/// # Errors
/// There is no systemd.
pub async fn observe(options: &Options, name: &str) -> Result<Observed, Failure> {
    let flag = options.scope.flag();
    let mut observed = Observed::default();
    if options.scope != Scope::Global {
        let shown = command::run("systemctl", &[flag, "show", "--no-pager", "--", name]).await?;
        if !shown.ok() {
            let hint = "is systemd the first process of this host, and may the user speak to it?";
            return Err(Failure::new(format!("asking systemd for {name}: {}; {hint}", shown.said())));
        }
        observed.properties = properties(&shown.stdout);
    }
    let enabled = command::run("systemctl", &[flag, "is-enabled", "--", name]).await?;
    observed.enabled = enabled.stdout.lines().last().unwrap_or_default().trim().to_owned();
    let folder = folder(options.scope)?;
    // A link, which masking or `systemctl link` makes, is no file of ours.
    let file = folder.join(name);
    if file.symlink_metadata().is_ok_and(|found| found.is_file()) {
        observed.content = Some(text(&file)?);
    }
    for entry in fs::read_dir(folder.join(format!("{name}.d"))).into_iter().flatten().flatten() {
        let path = entry.path();
        if let (Some("conf"), Some(stem)) = (path.extension().and_then(|e| e.to_str()), path.file_stem()) {
            observed.drop_ins.insert(stem.to_string_lossy().into_owned(), text(&path)?);
        }
    }
    Ok(observed)
}

fn text(path: &PathBuf) -> Result<String, Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::new(format!("reading {}: {error}", path.display())))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// `Name=value` lines. A value of several lines goes on until the next one that looks so; only commands have such.
fn properties(text: &str) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let mut last = String::new();
    for line in text.lines() {
        match line.split_once('=') {
            Some((name, value)) if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()) => {
                name.clone_into(&mut last);
                let known = all.entry(last.clone()).or_default();
                if !known.is_empty() {
                    known.push('\n');
                }
                known.push_str(value);
            }
            _ => {
                if let Some(known) = all.get_mut(&last) {
                    known.push('\n');
                    known.push_str(line);
                }
            }
        }
    }
    all
}

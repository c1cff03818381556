//! The result's fields, under the names that Ansible's modules for files have for them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ansible::{Failure, Outcome};
use sha1::{Digest, Sha1};

use super::mode::Mode;
use super::observe::node;
use super::options::{Options, Want};
use super::plan::Planned;
use crate::accounts::Account;

/// The outcome with what there is to tell.
pub async fn of(
    outcome: Outcome,
    options: &Options,
    want: &Want,
    path: &str,
    planned: &Planned,
    backup: Option<PathBuf>,
) -> Result<Outcome, Failure> {
    let mut outcome = outcome.with("path", path).with("dest", path);
    if let Some(msg) = &planned.msg {
        outcome = outcome.with("msg", message(msg, planned));
    }
    if let Some(found) = planned.found {
        outcome = outcome.with("found", found);
    }
    if let Some(backup) = backup {
        let backup = backup.to_string_lossy().into_owned();
        outcome = outcome.with("backup_file", &backup).with("backup", &backup);
    }
    if let (Want::Link { to } | Want::HardLink { to }, _) = (want, options) {
        outcome = outcome.with("src", to);
    }
    facts(outcome, Path::new(path)).await
}

/// Ansible's words for an edit, and for attributes set with it.
fn message(msg: &str, planned: &Planned) -> String {
    match (msg, planned.attributes) {
        (msg, false) => msg.to_owned(),
        ("", true) => "ownership, perms or SE linux context changed".to_owned(),
        (msg, true) => format!("{msg} and ownership, perms or SE linux context changed"),
    }
}

/// What is at the path now.
async fn facts(outcome: Outcome, path: &Path) -> Result<Outcome, Failure> {
    let Some(node) = node(path, false)? else { return Ok(outcome.with("state", "absent")) };
    let found = fs::symlink_metadata(path)?;
    let mut outcome = outcome
        .with("state", node.kind)
        .with("mode", Mode(found.mode() & 0o7777))
        .with("uid", node.owner)
        .with("gid", node.group)
        .with("owner", Account::User.name(node.owner).await.unwrap_or_else(|| node.owner.to_string()))
        .with("group", Account::Group.name(node.group).await.unwrap_or_else(|| node.group.to_string()))
        .with("size", found.len());
    if found.is_file()
        && let Ok(content) = fs::read(path)
    {
        let sum: String = Sha1::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        outcome = outcome.with("checksum", sum);
    }
    Ok(outcome)
}

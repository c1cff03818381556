//! One call of systemctl, or one file, for each action.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use ansible::Failure;
use tokio::time::sleep;

use super::observe::folder;
use super::options::{Options, Scope};
use super::plan::Action;
use crate::atomic::NewFile;
use crate::command;

/// How many lines of the journal a failure tells.
const LINES: &str = "20";

pub async fn apply(options: &Options, action: &Action) -> Result<(), Failure> {
    let folder = folder(options.scope)?;
    let force: &[&str] = if options.force == Some(true) { &["--force"] } else { &[] };
    match action {
        Action::WriteUnit { unit, content, drop_ins } => {
            verify(options.scope, unit, content, drop_ins).await?;
            write(&folder.join(unit), content).await
        }
        Action::WriteDropIn { unit, name, content } => {
            let folder = folder.join(format!("{unit}.d"));
            fs::create_dir_all(&folder)?;
            write(&folder.join(format!("{name}.conf")), content).await
        }
        Action::RemoveUnit { unit } => removed(fs::remove_file(folder.join(unit))),
        Action::RemoveDropIn { unit, name } => {
            let folder = folder.join(format!("{unit}.d"));
            removed(fs::remove_file(folder.join(format!("{name}.conf"))))?;
            // One that holds more stays.
            let _ = fs::remove_dir(&folder);
            Ok(())
        }
        Action::DaemonReload => systemctl(options, &["daemon-reload"]).await,
        Action::DaemonReexec => systemctl(options, &["daemon-reexec"]).await,
        Action::Mask(unit) => systemctl(options, &[&["mask"], force, &["--", unit]].concat()).await,
        Action::Unmask(unit) => systemctl(options, &["unmask", "--", unit]).await,
        Action::Enable(unit) => systemctl(options, &[&["enable"], force, &["--", unit]].concat()).await,
        Action::Disable(unit) => systemctl(options, &["disable", "--", unit]).await,
        Action::Start(unit) => job(options, "start", unit).await,
        Action::Stop(unit) => job(options, "stop", unit).await,
        Action::Restart(unit) => job(options, "restart", unit).await,
        Action::Reload(unit) => job(options, "reload", unit).await,
    }
}

async fn write(path: &Path, content: &str) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let content = content.as_bytes();
    NewFile { path, content, mode: 0o644, owner: None, group: None, validate: None, in_place: false }.write().await
}

fn removed(done: std::io::Result<()>) -> Result<(), Failure> {
    match done {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// A folder that goes when this is dropped.
struct Scratch(std::path::PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // It is in a folder that is emptied at boot.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Has systemd read a unit before it is in its place.
async fn verify(scope: Scope, unit: &str, content: &str, drop_ins: &BTreeMap<String, String>) -> Result<(), Failure> {
    // A template is none without an instance.
    if command::find("systemd-analyze").is_none() || unit.contains("@.") {
        return Ok(());
    }
    let scratch = Scratch(std::env::temp_dir().join(format!("cdgp-unit-{}", std::process::id())));
    let more = scratch.0.join(format!("{unit}.d"));
    fs::create_dir_all(&more)?;
    let file = scratch.0.join(unit);
    fs::write(&file, content)?;
    for (name, content) in drop_ins {
        fs::write(more.join(format!("{name}.conf")), content)?;
    }
    let scope = if scope == Scope::System { "--system" } else { "--user" };
    let path = file.to_string_lossy();
    let limit = Duration::from_secs(30);
    let done = command::run_within(limit, "systemd-analyze", &[scope, "--man=no", "verify", &path]).await?;
    // It also complains of other units; its status tells whether this one can be loaded.
    let folder = scratch.0.to_string_lossy().into_owned();
    let of_this: Vec<&str> = done.stderr.lines().filter(|line| line.contains(unit)).collect();
    if done.ok() || of_this.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("systemd refuses the unit: {}", of_this.join("; ").replace(&format!("{folder}/"), ""))))
}

async fn systemctl(options: &Options, words: &[&str]) -> Result<(), Failure> {
    let flags: &[&str] = &[options.scope.flag(), "--no-ask-password"];
    let limit = Duration::from_secs(options.timeout);
    let done = command::run_within(limit, "systemctl", &[flags, words].concat()).await?;
    if done.ok() { Ok(()) } else { Err(Failure::new(done.said())) }
}

/// Starts, stops or reloads a unit, and waits until it has settled.
async fn job(options: &Options, verb: &str, unit: &str) -> Result<(), Failure> {
    let words: &[&str] = if options.no_block { &[verb, "--no-block", "--", unit] } else { &[verb, "--", unit] };
    if let Err(failure) = systemctl(options, words).await {
        return Err(told(options, unit, failure).await);
    }
    if options.no_block || verb == "stop" {
        return Ok(());
    }
    // A service of the simple type counts as started before its program has done a thing.
    for _ in 0..options.stable_for * 10 {
        sleep(Duration::from_millis(100)).await;
        let words = [options.scope.flag(), "show", "-p", "ActiveState,Result,Type,NRestarts", "--", unit];
        let now = command::run("systemctl", &words).await?.stdout;
        let has = |line: &str| now.lines().any(|found| found == line);
        let restarts = now.lines().find_map(|line| line.strip_prefix("NRestarts=")?.parse::<u32>().ok()).unwrap_or(0);
        if has("ActiveState=failed") || (has("ActiveState=activating") && restarts > 0) {
            let failure = Failure::new(format!("{unit} started, and failed within {} s", options.stable_for));
            return Err(told(options, unit, failure).await);
        }
        // What has done its work may end.
        if has("Type=oneshot") && has("Result=success") {
            return Ok(());
        }
    }
    Ok(())
}

/// The failure with what systemd and the unit's journal have to say.
async fn told(options: &Options, unit: &str, failure: Failure) -> Failure {
    let flag = options.scope.flag();
    let show = ["-p", "ActiveState,SubState,Result,ExecMainStatus", "--", unit];
    let state = command::run("systemctl", &[&[flag, "show"], &show[..]].concat()).await.unwrap_or_default();
    let scope = if options.scope == Scope::User { "--user-unit" } else { "--unit" };
    let journal = command::run("journalctl", &["--no-pager", "--output=cat", "--lines", LINES, scope, unit]).await;
    let lines: Vec<String> =
        journal.unwrap_or_default().stdout.lines().filter(|line| !line.starts_with("-- ")).map(str::to_owned).collect();
    let state = state.stdout.trim().replace('\n', ", ");
    let mut failure = failure.and(&format!(" ({state})"));
    if !lines.is_empty() {
        failure = failure.and(&format!("; the last lines of its journal:\n{}", lines.join("\n")));
    }
    failure.with("journal", lines)
}

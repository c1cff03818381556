//! Taking restored rules back, unless they are confirmed: a process of its own, which neither the end of the task's
//! session nor that of sshd reaches.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use ansible::clap::{Arg, ArgMatches};
use ansible::{Failure, Outcome, Tool};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::options::Options;
use crate::command;
use crate::firewall::place::{lock, read, remove, runtime, write};

/// Started by the module; for nobody else.
pub const TOOL: Tool = Tool {
    name: "state-guard",
    about: "Take restored rules back when their time is over; iptables_state starts this",
    arguments: |command| command.arg(Arg::new("id").required(true).help("The change's name")),
    run: |matches: ArgMatches| {
        Box::pin(async move { keep_watch(matches.get_one::<String>("id").map_or("", String::as_str)) })
    },
};

/// A change that waits to be confirmed.
#[derive(Debug, Serialize, Deserialize)]
struct Pending {
    id: String,
    seconds: u64,
    /// The file that was restored.
    path: String,
    restore: PathBuf,
    /// The rules before, with counters.
    backup: String,
    /// What the task would have returned; none as long as it is at work.
    result: Map<String, Value>,
}

fn pending_file() -> PathBuf {
    runtime("state.json")
}

/// What a task that was taken back returns.
fn taken_back_file() -> PathBuf {
    runtime("state-taken-back.json")
}

fn ready_file(id: &str) -> PathBuf {
    runtime(&format!("state-guard-{id}"))
}

fn pending() -> Result<Option<Pending>, Failure> {
    read(&pending_file())
}

/// Starts the guard; when this returns, it is there.
///
/// # Errors
/// Another change waits, or there is no guard: then there must be no change.
pub fn arm(options: &Options, seconds: u64, restore: &Path, backup: String) -> Result<(), Failure> {
    let _lock = lock()?;
    if pending()?.is_some() {
        return Err(Failure::new(
            "rules that an earlier task restored still wait to be confirmed: confirm them (`state` confirmed), or wait until \
             they are taken back",
        ));
    }
    let id = format!("{}", std::process::id());
    let path = options.path.clone();
    let pending = Pending { id: id.clone(), seconds, path, restore: restore.to_owned(), backup, result: Map::new() };
    remove(&taken_back_file())?;
    write(&pending_file(), &pending)?;
    start(&id).inspect_err(|_| {
        // The failure to start it is what counts.
        let _ = remove(&pending_file());
    })
}

/// By systemd where that runs, so that it is in no session at all.
fn start(id: &str) -> Result<(), Failure> {
    let ready = ready_file(id);
    let own = std::env::current_exe().unwrap_or_default();
    let by_systemd = || {
        let mut command = Command::new("systemd-run");
        command.args(["--quiet", "--collect", &format!("--unit=cdgp-state-guard-{id}"), "--"]).arg(&own);
        command.args([TOOL.name, id]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success()) && there(&ready)
    };
    if !(Path::new("/run/systemd/system").is_dir() && own.exists() && by_systemd()) {
        let mut command = Command::new("/proc/self/exe");
        command.args([TOOL.name, id]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
        let failed = |why: &dyn std::fmt::Display| {
            Failure::new(format!("starting the process that would take the rules back: {why}. Nothing was changed"))
        };
        command.spawn().map_err(|error| failed(&error))?;
        if !there(&ready) {
            return Err(failed(&"it does not come up"));
        }
    }
    remove(&ready)
}

fn there(file: &Path) -> bool {
    let start = Instant::now();
    while !file.exists() && start.elapsed() < Duration::from_secs(5) {
        sleep(Duration::from_millis(5));
    }
    file.exists()
}

/// Remembers what the task returns: its own connection may be cut before it can.
///
/// # Errors
/// The file system refuses.
pub fn remember(result: &Map<String, Value>) -> Result<(), Failure> {
    let _lock = lock()?;
    match pending()? {
        Some(waits) => write(&pending_file(), &Pending { result: result.clone(), ..waits }),
        None => Ok(()),
    }
}

/// The guard's own part.
fn keep_watch(id: &str) -> Result<(), Failure> {
    // Away from the terminal and the session that the task came by.
    let _ = rustix::process::setsid();
    let Some(waits) = pending()?.filter(|waits| waits.id == id) else { return Ok(()) };
    let end = Instant::now() + Duration::from_secs(waits.seconds);
    std::fs::write(ready_file(id), b"")?;
    let mine = || matches!(pending(), Ok(Some(waits)) if waits.id == id);
    while Instant::now() < end {
        sleep(Duration::from_millis(100).min(end.saturating_duration_since(Instant::now())));
        if !mine() {
            return Ok(());
        }
    }
    // Nobody else will do it, so it is tried again.
    while take_back(id).is_err() {
        sleep(Duration::from_millis(250));
    }
    Ok(())
}

fn take_back(id: &str) -> Result<(), Failure> {
    let _lock = lock()?;
    let Some(waits) = pending()?.filter(|waits| waits.id == id) else { return Ok(()) };
    let mut input = File::from(rustix::fs::memfd_create("rules", rustix::fs::MemfdFlags::CLOEXEC)?);
    input.write_all(waits.backup.as_bytes())?;
    input.rewind()?;
    let words = ["--counters".to_owned(), "--wait".to_owned(), "60".to_owned()];
    let output = command::ask(&waits.restore, &words, Some(input))?;
    if output.status != 0 {
        return Err(command::failed(&waits.restore, &words, &output));
    }
    let Pending { path, seconds, mut result, .. } = waits;
    let msg = format!(
        "Failed to confirm state restored from {path} after {seconds}s. Firewall has been rolled back to its initial state."
    );
    for (key, value) in [("changed", json!(false)), ("applied", json!(false)), ("msg", json!(msg))] {
        result.insert(key.to_owned(), value);
    }
    write(&taken_back_file(), &result)?;
    remove(&pending_file())
}

/// Keeps what was restored; what its task returned.
///
/// # Errors
/// It was taken back: with what its task would have returned. Or nothing waits.
pub fn confirm() -> Result<Outcome, Failure> {
    let _lock = lock()?;
    if let Some(waits) = pending()? {
        remove(&pending_file())?;
        let changed = waits.result.get("changed").and_then(Value::as_bool).unwrap_or(true);
        return Ok(waits.result.iter().fold(Outcome::new(changed), |outcome, (key, value)| outcome.with(key, value)));
    }
    match read::<Map<String, Value>>(&taken_back_file())? {
        Some(result) => {
            let msg = result.get("msg").and_then(Value::as_str).unwrap_or_default().to_owned();
            Err(result.iter().fold(Failure::new(msg), |failure, (key, value)| failure.with(key, value)))
        }
        None => Err(Failure::new("nothing that was restored waits to be confirmed")),
    }
}

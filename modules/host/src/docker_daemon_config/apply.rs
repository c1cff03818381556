//! Writes the file, has the engine take it, and takes it back when the engine does not.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use ansible::Failure;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::time::sleep;

use super::observe::Observed;
use super::options::Options;
use super::plan::Action;
use crate::atomic::{NewFile, back_up};
use crate::command;
use crate::host_facts::socket_answer;

/// The first version with `dockerd --validate`.
const VALIDATES: u32 = 23;

pub async fn apply(options: &Options, observed: &Observed, action: &Action) -> Result<(), Failure> {
    match action {
        Action::BackUp { path } => back_up(Path::new(path)).map(drop),
        Action::Write { path, text, .. } => {
            let validates = observed.version.is_some() && observed.major() >= VALIDATES;
            write(Path::new(path), text, validates.then_some("dockerd --validate --config-file=%s")).await
        }
        Action::Reload { .. } => match reload(options).await {
            Ok(()) => Ok(()),
            Err(failure) => Err(put_back(options, observed, failure, false).await),
        },
        Action::Restart { .. } => match restart(options).await {
            Ok(()) => Ok(()),
            Err(failure) => Err(put_back(options, observed, failure, true).await),
        },
    }
}

async fn write(path: &Path, text: &str, validate: Option<&str>) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_or(0o644, |found| found.permissions().mode() & 0o7777);
    NewFile { path, content: text.as_bytes(), mode, owner: None, group: None, validate, in_place: false }.write().await
}

fn systemd_runs() -> bool {
    Path::new("/run/systemd/system").exists()
}

/// By the service, or by the signal itself where nothing manages services.
async fn reload(options: &Options) -> Result<(), Failure> {
    if systemd_runs() {
        let limit = Duration::from_secs(options.timeout);
        let done = command::run_within(limit, "systemctl", &["reload", "--", &options.service]).await?;
        if !done.ok() {
            return Err(Failure::new(done.said()));
        }
    } else {
        let file = fs::read_to_string("/var/run/docker.pid").unwrap_or_default();
        let pid = file.trim().parse().ok().and_then(Pid::from_raw);
        let pid =
            pid.ok_or_else(|| Failure::new("the engine's process is not known: /var/run/docker.pid has no number"))?;
        kill_process(pid, Signal::HUP)?;
    }
    // It reads the file behind our back, and stays up when it does not like it: what it tells of itself shows that it has.
    let wanted: Value = serde_json::from_str(&fs::read_to_string(&options.path)?)?;
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let info = socket_answer(&options.socket, "/info").await.unwrap_or_default();
        if has_taken(&wanted, &info) {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(Failure::new("the engine was told to read its configuration again, and has not taken it"));
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Whether what the engine tells of itself agrees with the settings, so far as it tells them.
fn has_taken(wanted: &Value, info: &Value) -> bool {
    let pairs = [("debug", &info["Debug"]), ("live-restore", &info["LiveRestoreEnabled"]), ("labels", &info["Labels"])];
    let same = |wanted: &Value, told: &Value| match (wanted, told) {
        (Value::Null, _) => true,
        (Value::Array(wanted), Value::Array(told)) => wanted.iter().all(|item| told.contains(item)),
        (wanted, told) => wanted == told,
    };
    info.is_object() && pairs.iter().all(|(key, told)| same(&wanted[*key], told))
}

async fn restart(options: &Options) -> Result<(), Failure> {
    let limit = Duration::from_secs(options.timeout);
    let service = options.service.as_str();
    let done = if systemd_runs() {
        // One that failed too often is not started again otherwise.
        let _ = command::run("systemctl", &["reset-failed", "--", service]).await;
        command::run_within(limit, "systemctl", &["restart", "--", service]).await
    } else if command::find("rc-service").is_some() {
        command::run_within(limit, "rc-service", &[service, "restart"]).await
    } else {
        command::run_within(limit, "service", &[service, "restart"]).await
    }?;
    if !done.ok() {
        return Err(Failure::new(done.said()));
    }
    let deadline = Instant::now() + limit;
    while socket_answer(&options.socket, "/_ping").await.is_none() {
        if Instant::now() > deadline {
            return Err(Failure::new(format!(
                "the engine does not answer at {} within {} s",
                options.socket, options.timeout
            )));
        }
        sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// Puts the old file back and, after a restart, starts the engine with it.
async fn put_back(options: &Options, observed: &Observed, failure: Failure, restarted: bool) -> Failure {
    let journal =
        command::run("journalctl", &["--no-pager", "--output=cat", "--lines=12", "--unit", &options.service]).await;
    let said = journal.map(|done| done.stdout).unwrap_or_default();
    let path = Path::new(&options.path);
    let back = match &observed.text {
        Some(text) => write(path, text, None).await,
        None => fs::remove_file(path).map_err(Failure::from),
    };
    let up = match (back, restarted) {
        (Err(failure), _) => Err(failure),
        (Ok(()), true) => restart(options).await,
        (Ok(()), false) => Ok(()),
    };
    let rolled_back = up.is_ok();
    let came = match up {
        Ok(()) => "; the old file is back, and the engine runs with it".to_owned(),
        Err(failure) => format!("; putting the old file back did not help: {}", failure.msg()),
    };
    let mut failure = failure.and(&came);
    if !said.trim().is_empty() {
        failure = failure.and(&format!(". The engine's last words:\n{}", said.trim()));
    }
    failure.with("rolled_back", rolled_back)
}

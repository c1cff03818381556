//! The dead man's switch: a process that takes a change back, unless it is confirmed in time.
//!
//! It is a process of its own: a unit of systemd where that runs, so that neither the end of the session nor that of sshd
//! reaches it, else one in a session of its own. What it is to do stands in a file, which a confirmation removes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use ansible::Failure;
use serde::{Deserialize, Serialize};

use super::keep::{self, Kept};
use super::kernel::{Held, Kernel, remove_sets, run};
use super::place::{self, runtime};

/// A change that waits to be confirmed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pending {
    pub id: String,
    /// How long it waits.
    pub seconds: u64,
    /// When its time is over, in seconds since the host was started.
    pub deadline: f64,
    before: Held,
    after: Kept,
    persist: bool,
}

/// A change that was taken back.
#[derive(Debug, Serialize, Deserialize)]
pub struct TakenBack {
    pub id: String,
    pub seconds: u64,
    /// By whom.
    pub why: String,
}

fn pending_file() -> PathBuf {
    runtime("pending.json")
}

fn taken_back_file() -> PathBuf {
    runtime("taken-back.json")
}

/// The change that waits, if one does.
///
/// # Errors
/// Its file can't be read.
pub fn pending() -> Result<Option<Pending>, Failure> {
    place::read(&pending_file())
}

/// The last change that was taken back since the host was started.
///
/// # Errors
/// Its file can't be read.
pub fn taken_back() -> Result<Option<TakenBack>, Failure> {
    place::read(&taken_back_file())
}

impl Pending {
    /// How many seconds are left.
    pub fn left(&self) -> f64 {
        (self.deadline - uptime()).max(0.0)
    }
}

/// Starts the guard of a change that is about to be made, and gives the change's name when the guard is there.
///
/// # Errors
/// There is no guard, so there must be no change.
pub fn arm(seconds: u64, mut before: Held, after: Kept, persist: bool) -> Result<String, Failure> {
    // What nft lists leaves out what it takes for granted; what made it is better.
    if let Some(kept) = keep::kept()?
        && kept.held.nft == before.nft
    {
        before.nft = kept.held.nft;
    }
    let id = format!("{:x}-{:x}", std::process::id(), (uptime() * 1000.0) as u64);
    let pending = Pending { id: id.clone(), seconds, deadline: uptime() + seconds as f64, before, after, persist };
    place::remove(&taken_back_file())?;
    place::write(&pending_file(), &pending)?;
    match start(&id) {
        Ok(()) => Ok(id),
        Err(failure) => {
            place::remove(&pending_file())?;
            Err(failure)
        }
    }
}

fn start(id: &str) -> Result<(), Failure> {
    let ready = ready_file(id);
    let own = std::env::current_exe().unwrap_or_default();
    let by_systemd = Path::new("/run/systemd/system").is_dir() && own.exists() && {
        let unit = format!("--unit=cdgp-firewall-guard-{id}");
        let own = own.to_string_lossy().into_owned();
        let words = ["--quiet", "--collect", &unit, "--property=Restart=on-failure", "--", &own, "guard", id];
        run("systemd-run", &words, None).is_ok() && there(&ready)
    };
    if !by_systemd {
        Command::new("/proc/self/exe")
            .args(["guard", id])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .spawn()
            .map_err(|error| Failure::new(format!("starting the process that would take the change back: {error}")))?;
        if !there(&ready) {
            return Err(Failure::new(
                "the process that would take the change back does not come up. Nothing was changed",
            ));
        }
    }
    place::remove(&ready)
}

fn ready_file(id: &str) -> PathBuf {
    runtime(&format!("guard-{id}"))
}

fn there(file: &Path) -> bool {
    let start = Instant::now();
    while !file.exists() {
        if start.elapsed() > Duration::from_secs(5) {
            return false;
        }
        sleep(Duration::from_millis(5));
    }
    true
}

/// The guard's own part: waits, and takes the change back when its time is over.
///
/// # Errors
/// It can't say that it is there.
pub fn guard(id: &str) -> Result<(), Failure> {
    // Away from the terminal and the session that the task came by.
    let _ = rustix::process::setsid();
    fs::write(ready_file(id), b"")
        .map_err(|error| Failure::new(format!("telling that the guard is there: {error}")))?;
    loop {
        match pending() {
            Ok(Some(pending)) if pending.id == id => {
                if pending.left() > 0.0 {
                    // Short: a confirmation that comes ends us soon.
                    sleep(Duration::from_secs_f64(pending.left().min(0.25)));
                    continue;
                }
            }
            Ok(_) => return Ok(()),
            // Nobody else will do it, so it is tried again.
            Err(_) => {
                sleep(Duration::from_millis(250));
                continue;
            }
        }
        if take_back(id, "its time was over").is_ok() {
            return Ok(());
        }
        sleep(Duration::from_millis(250));
    }
}

/// Takes the waiting change back. Whether there was one, of that name.
///
/// # Errors
/// The kernel refuses.
pub fn take_back(id: &str, why: &str) -> Result<bool, Failure> {
    let _lock = place::lock()?;
    let Some(pending) = pending()?.filter(|pending| pending.id == id) else { return Ok(false) };
    Kernel::look()?.to(&pending.before)?.make()?;
    let taken = TakenBack { id: pending.id, seconds: pending.seconds, why: why.to_owned() };
    place::write(&taken_back_file(), &taken)?;
    place::remove(&pending_file())?;
    Ok(true)
}

/// Keeps the waiting change, over restarts too where it was asked for.
///
/// # Errors
/// None waits: the message says whether one was taken back.
pub fn confirm() -> Result<Pending, Failure> {
    let _lock = place::lock()?;
    let Some(pending) = pending()? else {
        return Err(Failure::new(match taken_back()? {
            Some(taken) => format!(
                "the change of the firewall was taken back, for {} ({} s) before it was confirmed. The old rules are in force",
                taken.why, taken.seconds
            ),
            None => "no change of the firewall waits to be confirmed".to_owned(),
        }));
    };
    let files = if pending.persist { keep::files(&pending.after)? } else { keep::Files::new() };
    keep::bring_to(&files)?;
    place::remove(&pending_file())?;
    remove_sets(&Kernel::look()?.unused_sets(&pending.after.held));
    Ok(pending)
}

/// Seconds since the host was started, those in which it slept too. Source: proc(5).
fn uptime() -> f64 {
    let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
    text.split(' ').next().and_then(|seconds| seconds.parse().ok()).unwrap_or_default()
}

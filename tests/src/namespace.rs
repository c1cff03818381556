//! A daemon in namespaces of its own: mount, network and pid, so that ending the first process ends all of it.

use std::fs;
use std::io::{Read, Seek, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::Failure;

const SCRIPT: &str = include_str!("namespace.sh");

/// A daemon's namespaces, and the folder (the place) that holds its data, socket and log.
#[derive(Debug)]
pub struct Namespace {
    place: PathBuf,
    holder: Holder,
    /// The cleaner outside of the namespaces; its standard input is the lifeline. `None`: kept when this is dropped.
    cleaner: Option<Child>,
}

/// The namespaces' first process, by the machine's pid and the time that it started (pids are used again).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holder {
    pid: i32,
    started: u64,
}

impl Namespace {
    /// A new folder for one daemon of this process, below the system's temporary folder. Short: a socket's path has at
    /// most 107 bytes.
    pub(crate) fn new_place() -> Result<PathBuf, Failure> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let place = std::env::temp_dir().join(format!("cdgp-{}-{number}", std::process::id()));
        // Of an older process with our pid, whose cleaner was killed too.
        remove_leftovers(&place)?;
        Ok(place)
    }

    /// Starts `daemon` and waits until `socket` (below the place) answers `GET /_ping`. `kept`: it outlives us.
    pub(crate) fn start(place: &Path, kept: bool, daemon: &[String], socket: &Path) -> Result<Namespace, Failure> {
        Namespace::start_until(place, kept, daemon, || answers(socket))
    }

    /// Starts `daemon` and waits until it is `ready`.
    pub(crate) fn start_until(
        place: &Path,
        kept: bool,
        daemon: &[String],
        ready: impl Fn() -> bool,
    ) -> Result<Namespace, Failure> {
        let doing = format!("starting {} in {}", daemon.first().map_or("a daemon", String::as_str), place.display());
        let failed = |reason: &dyn std::fmt::Display| Failure::new(&doing, reason);
        if !rustix::process::geteuid().is_root() {
            return Err(failed(&"this needs root, for namespaces and mounts of its own"));
        }
        fs::create_dir_all(place).map_err(|error| failed(&error))?;
        // Held open: the cleaner removes the files of a daemon that ended at once.
        let new_log = |name: &str| {
            let log = fs::File::options().create(true).truncate(true).read(true).write(true).open(place.join(name));
            log.map_err(|error| failed(&error))
        };
        let (own, log) = (new_log("namespace.log")?, new_log("log")?);
        let script = place.join("namespace.sh");
        fs::write(&script, SCRIPT).map_err(|error| failed(&error))?;
        let mut cleaner = Command::new("bash")
            .arg(&script)
            .args(["outer".as_ref(), place.as_os_str(), (if kept { "kept" } else { "lifeline" }).as_ref()])
            .args(daemon)
            .stdin(if kept { Stdio::null() } else { Stdio::piped() })
            .stdout(Stdio::null())
            .stderr(own.try_clone().map_err(|error| failed(&error))?)
            // A Ctrl-C in the terminal is for the test; the cleaner still has to clean.
            .process_group(0)
            .spawn()
            .map_err(|error| failed(&error))?;
        let deadline = Instant::now() + Duration::from_secs(60);
        while !ready() {
            let ended = cleaner.try_wait().is_ok_and(|status| status.is_some());
            if ended || Instant::now() > deadline || own.metadata().is_ok_and(|log| log.len() > 0) {
                let said = last_words(own) + &last_words(log);
                drop(cleaner.stdin.take());
                if let Some(holder) = Holder::read(place) {
                    holder.end();
                }
                let _ = cleaner.wait();
                return Err(failed(&format!("it does not answer; its last words:\n{said}")));
            }
            sleep(Duration::from_millis(20));
        }
        let holder = Holder::read(place).ok_or_else(|| failed(&"its holder's pid is not known"))?;
        Ok(Namespace { place: place.to_owned(), holder, cleaner: (!kept).then_some(cleaner) })
    }

    /// The running namespaces of a place, started by this or another process; takes away what a dead one left.
    pub(crate) fn find(place: &Path) -> Result<Option<Namespace>, Failure> {
        match Holder::read(place) {
            Some(holder) if holder.lives() => Ok(Some(Namespace { place: place.to_owned(), holder, cleaner: None })),
            _ => remove_leftovers(place).map(|()| None),
        }
    }

    pub(crate) fn place(&self) -> &Path {
        &self.place
    }

    /// The pid, as the machine has it, of the namespaces' first process.
    pub(crate) fn pid(&self) -> i32 {
        self.holder.pid
    }

    /// What tells whether the namespaces are still there, without keeping them.
    pub(crate) fn watch(&self) -> Holder {
        self.holder
    }

    /// Ends everything in the namespaces and waits until the place is gone.
    pub(crate) fn end(&mut self) {
        match self.cleaner.take() {
            Some(mut cleaner) => {
                drop(cleaner.stdin.take());
                // The lifeline is enough, unless the holder hangs.
                self.holder.end();
                let _ = cleaner.wait();
            }
            None => {
                self.holder.end();
                let deadline = Instant::now() + Duration::from_secs(10);
                while self.place.exists() && Instant::now() < deadline {
                    sleep(Duration::from_millis(20));
                }
            }
        }
        // For a cleaner that was killed. Nothing can be done about a folder that can't be removed.
        let _ = remove_leftovers(&self.place);
    }

    /// A command that runs `program` in the daemon's network namespace, but with this machine's files and processes.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--net", "--target", &self.holder.pid.to_string(), "--", program]);
        command
    }

    /// As [`Namespace::command`], and in the daemon's pid namespace, with which it ends.
    pub(crate) fn command_in_pid_namespace(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--net", "--pid", "--target", &self.holder.pid.to_string(), "--"]).arg(program);
        command
    }

    /// A command that runs `program` as the daemon runs: in all of its namespaces.
    pub(crate) fn command_inside(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--mount", "--net", "--pid", "--target", &self.holder.pid.to_string(), "--"]).arg(program);
        command
    }

    /// A path that the daemon sees, as this process can reach it.
    pub(crate) fn path_inside(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{path}", self.holder.pid))
    }

    /// Runs `work` on a thread of its own in the daemon's network namespace, and gives what it returns.
    pub(crate) fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, Failure> {
        let path = format!("/proc/{}/ns/net", self.holder.pid);
        let entered = |reason: &dyn std::fmt::Display| Failure::new("entering the engine's network namespace", reason);
        let namespace = fs::File::open(path).map_err(|error| entered(&error))?;
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                use std::os::fd::AsFd;
                move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
                    .map_err(|error| entered(&error))?;
                Ok(work())
            });
            match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if self.cleaner.is_some() {
            self.end();
        }
    }
}

impl Holder {
    fn read(place: &Path) -> Option<Holder> {
        let text = fs::read_to_string(place.join("holder")).ok()?;
        let (pid, started) = text.trim().split_once(' ')?;
        Some(Holder { pid: pid.parse().ok()?, started: started.parse().ok()? })
    }

    pub(crate) fn lives(self) -> bool {
        // proc(5): the 22nd field is the start time; the second, in brackets, may hold spaces.
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        let started = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(19)?.parse().ok());
        started == Some(self.started)
    }

    fn end(self) {
        if let (true, Some(pid)) = (self.lives(), Pid::from_raw(self.pid)) {
            // It may have ended in between.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

fn remove_leftovers(place: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(place) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(&format!("removing what is left in {}", place.display()), error))
        }
        _ => Ok(()),
    }
}

/// Whether an engine answers `GET /_ping` at this socket.
pub fn answers(socket: &Path) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.split_whitespace().nth(1) == Some("200"))
}

fn last_words(mut log: fs::File) -> String {
    let mut text = String::new();
    // A log that can't be read says nothing.
    let _ = log.rewind().and_then(|()| log.read_to_string(&mut text));
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].iter().map(|line| format!("{line}\n")).collect()
}

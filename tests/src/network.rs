//! A network namespace of its own, without a daemon: for what changes the packet filter.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::Failure;

/// What the holder does: its `/run` is its own, since what guards rules keeps its files there.
const INSIDE: &str = "mount -t tmpfs run /run && ip link set lo up && echo ready && read nothing";

/// A network namespace with `lo` up and nothing else. It ends with this value, and with this process.
#[derive(Debug)]
pub struct Network {
    holder: Child,
}

impl Network {
    /// A new one.
    ///
    /// # Errors
    /// We are not root, or the programs `unshare` and `ip` are missing.
    pub fn new() -> Result<Network, Failure> {
        let failed = |reason: &dyn std::fmt::Display| Failure::new("making a network namespace", reason);
        // It lives until its standard input, which only we hold, is closed.
        let mut holder = Command::new("unshare")
            .args(["--net", "--mount", "--", "sh", "-c", INSIDE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A Ctrl-C in the terminal is for the test.
            .process_group(0)
            .spawn()
            .map_err(|error| failed(&error))?;
        let mut ready = [0; 5];
        let read = holder.stdout.take().map(|mut said| said.read_exact(&mut ready));
        match read {
            Some(Ok(())) => Ok(Network { holder }),
            _ => {
                let _ = holder.kill();
                let _ = holder.wait();
                Err(failed(&"it needs root, unshare and ip"))
            }
        }
    }

    /// A command that runs `program` in it, with this machine's processes, and its files but for `/run`.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--net", "--mount", "--target", &self.holder.id().to_string(), "--", program]);
        command
    }

    /// Runs a line of shell in it; what it printed.
    ///
    /// # Errors
    /// It failed; then with what it said.
    pub fn shell(&self, line: &str) -> Result<String, Failure> {
        let doing = format!("running {line:?}");
        let output = self.command("sh").args(["-c", line]).output().map_err(|error| Failure::new(&doing, error))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(Failure::new(&doing, text(&output.stderr))) }
    }

    /// Whether any process but the namespace's own is in it.
    pub fn is_busy(&self) -> bool {
        let of = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/net")).ok();
        let holder = self.holder.id().to_string();
        let ours = of(&holder);
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let mut names = processes.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.any(|pid| pid != holder && pid.starts_with(|c: char| c.is_ascii_digit()) && of(&pid) == ours)
    }

    /// Runs `work` on a thread of its own in it, and gives what it returns. Programs that it starts are in it too. `/run` is
    /// the machine's there.
    ///
    /// # Errors
    /// The namespace can't be entered.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, Failure> {
        let entered = |reason: &dyn std::fmt::Display| Failure::new("entering the network namespace", reason);
        let namespace = File::open(format!("/proc/{}/ns/net", self.holder.id())).map_err(|error| entered(&error))?;
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
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

impl Drop for Network {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

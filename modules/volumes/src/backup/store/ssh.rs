//! Backups on another machine, through its ssh: a shell there is enough.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use ansible::Failure;
use serde::Deserialize;

use super::{Sink, Store, Stored};

/// The other machine, and the directory there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Ssh {
    /// Its name or address, or a `Host` of the ssh configuration.
    pub host: String,
    /// The user to log in as; ssh's own choice without it.
    pub user: Option<String>,
    /// The port; ssh's own choice without it.
    pub port: Option<u16>,
    /// The private key; ssh's own choice without it.
    pub identity_file: Option<PathBuf>,
    /// The file of known hosts; ssh's own choice without it.
    pub known_hosts_file: Option<PathBuf>,
    /// The directory there.
    pub directory: String,
}

/// Each script gets the directory, and the names that it needs.
const LIST: &str = "cd \"$1\" 2>/dev/null || exit 0\nfor f in *@*.tar.zst*; do [ -f \"$f\" ] || continue\n\
                    stat -c '%s %Y %n' \"$f\" || exit 1\ncase $f in *.json) cat \"$f\"; echo;; esac; done";
const READ: &str = "exec cat \"$1/$2\"";
const WRITE: &str = "umask 077 && mkdir -p \"$1\" && find \"$1\" -name '.*.partial' -mmin +1440 -exec rm -f {} + ; \
                     exec cat > \"$1/$2\"";
/// Only what came whole gets its name: an ssh that was cut off looks to the shell there like an end.
const FINISH: &str = "cd \"$1\" && [ \"$(($(wc -c < \"$2\")))\" = \"$4\" ] && { sync \"$2\" 2>/dev/null || sync; } && \
                      mv -f \"$2\" \"$3\" && { sync . 2>/dev/null || sync; }";
const REMOVE: &str = "rm -f \"$1/$2\"";

impl Ssh {
    fn command(&self, script: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("ssh");
        // There is nobody to ask.
        command.args(["-o", "BatchMode=yes", "-o", "ServerAliveInterval=15"]);
        if let Some(port) = self.port {
            command.args(["-p", &port.to_string()]);
        }
        if let Some(file) = &self.identity_file {
            command.arg("-i").arg(file).args(["-o", "IdentitiesOnly=yes"]);
        }
        if let Some(file) = &self.known_hosts_file {
            command.arg("-o").arg(format!("UserKnownHostsFile={}", file.display()));
        }
        if let Some(user) = &self.user {
            command.args(["-l", user]);
        }
        let words = [&["sh", "-c", script, "sh", self.directory.as_str()], arguments].concat();
        let quoted: Vec<String> = words.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
        command.arg("--").arg(&self.host).arg(quoted.join(" "));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a script to its end.
    fn run(&self, doing: &str, script: &str, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
        let done = self.command(script, arguments).output();
        let done = done.map_err(|error| self.failed(doing, &error.to_string()))?;
        match done.status.success() {
            true => Ok(done.stdout),
            false => Err(self.failed(doing, String::from_utf8_lossy(&done.stderr).trim())),
        }
    }

    fn failed(&self, doing: &str, why: &str) -> Failure {
        let why = if why.is_empty() { "it ended early" } else { why };
        Failure::new(format!("{doing} in {} by ssh: {why}", self.place()))
    }
}

impl Store for Ssh {
    fn place(&self) -> String {
        format!("{}:{}", self.host, self.directory)
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.place())
    }

    fn partial(&self, _: &str) -> Option<PathBuf> {
        None
    }

    fn list(&self) -> Result<Vec<Stored>, Failure> {
        let output = self.run("listing the backups", LIST, &[])?;
        let mut files: Vec<Stored> = Vec::new();
        for line in String::from_utf8_lossy(&output).lines() {
            let mut words = line.splitn(3, ' ');
            let mut number = || words.next().and_then(|word| word.parse::<i64>().ok());
            match (number(), number(), words.next()) {
                (Some(size), Some(time), Some(name)) => files.push(Stored {
                    name: name.to_owned(),
                    size: u64::try_from(size).unwrap_or_default(),
                    time,
                    content: name.ends_with(".json").then(String::new),
                }),
                // What follows a card's line is the card.
                _ => {
                    if let Some(content) = files.last_mut().and_then(|file| file.content.as_mut()) {
                        content.push_str(line);
                    }
                }
            }
        }
        Ok(files)
    }

    fn read(&self, name: &str) -> Result<Box<dyn Read + Send>, Failure> {
        let mut child =
            self.command(READ, &[name]).spawn().map_err(|error| self.failed("reading", &error.to_string()))?;
        match child.stdout.take() {
            Some(output) => Ok(Box::new(Reading { child, output })),
            None => Err(self.failed("reading", "")),
        }
    }

    fn create(&self, name: &str) -> Result<Box<dyn Sink>, Failure> {
        let partial = format!(".{name}.partial");
        let mut command = self.command(WRITE, &[&partial]);
        let mut child =
            command.stdin(Stdio::piped()).spawn().map_err(|error| self.failed("writing", &error.to_string()))?;
        let input = child.stdin.take();
        let name = name.to_owned();
        Ok(Box::new(Writing { ssh: self.clone(), child: Some(child), input, partial, name, bytes: 0 }))
    }

    fn remove(&self, name: &str) -> Result<(), Failure> {
        self.run("removing a backup", REMOVE, &[name]).map(drop)
    }
}

/// What ssh brings. An end that is none is an error.
struct Reading {
    child: Child,
    output: ChildStdout,
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.output.read(buffer)? {
            0 if !buffer.is_empty() && !self.child.wait()?.success() => {
                let mut said = String::new();
                if let Some(stderr) = &mut self.child.stderr {
                    stderr.read_to_string(&mut said)?;
                }
                Err(io::Error::new(io::ErrorKind::ConnectionAborted, format!("ssh: {}", said.trim())))
            }
            read => Ok(read),
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        // Nothing more is wanted of it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Writing {
    ssh: Ssh,
    /// `None` once it has its name.
    child: Option<Child>,
    input: Option<ChildStdin>,
    partial: String,
    name: String,
    bytes: u64,
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.input {
            Some(input) => input.write(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                let mut said = String::new();
                if let Some(stderr) = self.child.as_mut().and_then(|child| child.stderr.as_mut()) {
                    stderr.read_to_string(&mut said)?;
                }
                Err(io::Error::new(io::ErrorKind::ConnectionAborted, format!("ssh: {}", said.trim())))
            }
            written => {
                self.bytes += *written.as_ref().unwrap_or(&0) as u64;
                written
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Writing {
    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        drop(self.input.take());
        if let Some(child) = self.child.as_mut() {
            let status = child.wait()?;
            if !status.success() {
                let mut said = String::new();
                if let Some(stderr) = &mut child.stderr {
                    stderr.read_to_string(&mut said)?;
                }
                return Err(self.ssh.failed("writing", said.trim()));
            }
        }
        let bytes = self.bytes.to_string();
        self.ssh.run("putting a backup into its place", FINISH, &[&self.partial, &self.name, &bytes])?;
        self.child = None;
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
            // The next backup removes it too, a day later.
            let _ = self.ssh.run("removing", REMOVE, &[&self.partial]);
        }
    }
}

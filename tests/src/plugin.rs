//! The volume plug-in (`volumes serve`) in a fixture's namespaces.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::module::binary;
use crate::{Failure, Inside};

/// A running plug-in. It is killed when this is dropped.
#[derive(Debug)]
pub struct Plugin {
    /// nsenter, whose child is the plug-in.
    child: Child,
    socket: PathBuf,
}

impl Plugin {
    /// Starts it, with its volumes in `volumes` in the fixture's place, and waits until it answers. It asks no engine,
    /// unless `arguments` have a `--docker-host`.
    ///
    /// # Errors
    /// It can't be built, or does not come up.
    pub fn start(fixture: &impl Inside, arguments: &[&str]) -> Result<Plugin, Failure> {
        Plugin::start_program(&binary("volumes")?, fixture, arguments)
    }

    /// As [`Plugin::start`], with a binary that is built already.
    ///
    /// # Errors
    /// It does not come up.
    pub fn start_program(program: &Path, fixture: &impl Inside, arguments: &[&str]) -> Result<Plugin, Failure> {
        let log = fixture.place().join("plugin.log");
        let failed = |reason: &dyn std::fmt::Display| {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            Failure::new("starting the volume plug-in", format!("{reason}\n{said}"))
        };
        let root = format!("--root={}", fixture.place().join("volumes").display());
        let root = if arguments.iter().any(|word| word.starts_with("--root=")) { None } else { Some(root) };
        let engine: &[&str] = if arguments.iter().any(|word| word.contains("docker-host")) { &[] } else { &["-Hnone"] };
        let file = std::fs::File::options().create(true).append(true).open(&log).map_err(|error| failed(&error))?;
        let mut command = fixture.command_inside(program);
        command.arg("serve").args(root).args(engine).args(arguments).stdin(Stdio::null()).stderr(file);
        let child = command.stdout(Stdio::null()).spawn().map_err(|error| failed(&error))?;
        let own = arguments.iter().find_map(|word| word.strip_prefix("--socket="));
        let socket = fixture.path_inside(own.unwrap_or("/run/docker/plugins/cdgp.sock"));
        let mut plugin = Plugin { child, socket };
        let deadline = Instant::now() + Duration::from_secs(20);
        while plugin.try_call("Plugin.Activate", &Value::Null).is_err() {
            if plugin.child.try_wait().is_ok_and(|status| status.is_some()) || Instant::now() > deadline {
                return Err(failed(&"it does not answer"));
            }
            sleep(Duration::from_millis(5));
        }
        Ok(plugin)
    }

    /// The socket, as this process can reach it.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Asks one call (`VolumeDriver.Get`); the answer's JSON, whatever its status.
    ///
    /// # Errors
    /// It gives no answer, or one that is no JSON.
    pub fn try_call(&self, call: &str, body: &Value) -> Result<Value, Failure> {
        let doing = format!("asking the plug-in {call}");
        let failed = |reason: &dyn std::fmt::Display| Failure::new(&doing, reason);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = UnixStream::connect(&self.socket).map_err(|error| failed(&error))?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).map_err(|error| failed(&error))?;
        let (_, answer) = exchange(&mut stream, call, &body).map_err(|error| failed(&error))?;
        serde_json::from_str(&answer).map_err(|error| failed(&format!("{error}: {answer}")))
    }

    /// Kills it, as the kernel does when memory runs out.
    ///
    /// # Errors
    /// There is nothing to kill.
    pub fn kill(mut self) -> Result<(), Failure> {
        self.signal(Signal::KILL)?;
        self.child.wait().map(drop).map_err(|error| Failure::new("waiting for the plug-in's end", error))
    }

    /// Ends it as systemd does.
    ///
    /// # Errors
    /// There is nothing to end.
    pub fn stop(mut self) -> Result<(), Failure> {
        self.signal(Signal::TERM)?;
        self.child.wait().map(drop).map_err(|error| Failure::new("waiting for the plug-in's end", error))
    }

    fn signal(&self, signal: Signal) -> Result<(), Failure> {
        let number = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{number}/task/{number}/children")).unwrap_or_default();
        let pid = children.trim().parse().ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| Failure::new("ending the volume plug-in", "it runs no more"))?;
        kill_process(pid, signal).map_err(|error| Failure::new("ending the volume plug-in", error))
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.signal(Signal::KILL);
        let _ = self.child.wait();
    }
}

/// One exchange over a connection that stays open: status and body. As dockerd 20.10 asks: no Content-Type, an empty
/// Host.
///
/// # Errors
/// The connection breaks, or the answer is not HTTP.
pub fn exchange(stream: &mut UnixStream, call: &str, body: &str) -> std::io::Result<(u16, String)> {
    let length = body.len();
    write!(
        stream,
        "POST /{call} HTTP/1.1\r\nHost: \r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: {length}\r\n\
         Accept: application/vnd.docker.plugins.v1.2+json\r\n\r\n{body}"
    )?;
    answer(stream)
}

/// Reads an answer: status and body.
///
/// # Errors
/// The connection breaks, or the answer is not HTTP.
pub fn answer(stream: &mut UnixStream) -> std::io::Result<(u16, String)> {
    let broken = || std::io::Error::other("the answer is not HTTP");
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).ok_or_else(broken)?;
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(|_| broken())?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    String::from_utf8(body).map(|body| (status, body)).map_err(|_| broken())
}

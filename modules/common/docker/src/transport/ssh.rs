//! Another machine's engine: the system's ssh client runs `docker system dial-stdio` there.
//!
//! Source: docker/cli's connection helper works the same way, so keys, agents, jump hosts and `~/.ssh/config` apply.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as Socket;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::UnixStream;

/// Where ssh logs in, and which socket the engine has there.
pub(super) struct Target<'a> {
    pub user: Option<&'a str>,
    pub host: &'a str,
    pub port: Option<u16>,
    pub socket: Option<&'a str>,
}

/// A running ssh client. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Client(Child);

impl Drop for Client {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is collected.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the ssh client with one end of a socket pair as its input and output; the other end is the connection.
pub(super) fn start(target: &Target, timeout: Duration) -> io::Result<(UnixStream, Client)> {
    let (ours, theirs) = Socket::pair()?;
    ours.set_nonblocking(true)?;
    let mut command = Command::new("ssh");
    // Nobody is there to answer a question.
    command.args(["-T", "-o", "BatchMode=yes", "-o", &format!("ConnectTimeout={}", timeout.as_secs())]);
    if let Some(user) = target.user {
        command.args(["-l", user]);
    }
    if let Some(port) = target.port {
        command.args(["-p", &port.to_string()]);
    }
    command.args(["--", target.host, "docker"]);
    if let Some(socket) = target.socket {
        command.args(["--host", &format!("unix://{}", quoted(socket))]);
    }
    command.args(["system", "dial-stdio"]);
    let child = command
        .stdin(OwnedFd::from(theirs.try_clone()?))
        .stdout(OwnedFd::from(theirs))
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("can't start the ssh client: {error}")))?;
    Ok((UnixStream::from_std(ours)?, Client(child)))
}

/// One word for the remote shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

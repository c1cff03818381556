//! Another machine's engine: the system's ssh client runs `docker system dial-stdio` there.
//!
//! Source: docker/cli's connection helper works the same way, so keys, agents, jump hosts and `~/.ssh/config` apply.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as Socket;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

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

/// What the ssh client says on its standard error, as it comes.
#[derive(Debug)]
pub(super) struct Words {
    heard: Arc<Mutex<Vec<u8>>>,
    listener: JoinHandle<()>,
}

impl Words {
    /// All that was said. Waits a moment for the client's end; a master of `ControlPersist` never ends.
    pub(super) async fn all(mut self) -> String {
        let _ = tokio::time::timeout(Duration::from_secs(1), &mut self.listener).await;
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&heard);
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
    }
}

fn listen(stream: Socket) -> io::Result<Words> {
    stream.set_nonblocking(true)?;
    let mut stream = UnixStream::from_std(stream)?;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let here = heard.clone();
    let listener = tokio::spawn(async move {
        let mut part = [0; 1024];
        while let Ok(length @ 1..) = stream.read(&mut part).await {
            let mut heard = here.lock().unwrap_or_else(PoisonError::into_inner);
            // A banner may be long; the reason for a failure comes last.
            let excess = (heard.len() + length).saturating_sub(4096).min(heard.len());
            heard.drain(..excess);
            heard.extend_from_slice(&part[..length]);
        }
    });
    Ok(Words { heard, listener })
}

/// Starts the ssh client with one end of a socket pair as its input and output; the other end is the connection.
pub(super) fn start(target: &Target, timeout: Duration) -> io::Result<(UnixStream, Client, Words)> {
    let (ours, theirs) = Socket::pair()?;
    ours.set_nonblocking(true)?;
    let (errors, their_errors) = Socket::pair()?;
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
        .stderr(OwnedFd::from(their_errors))
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("can't start the ssh client: {error}")))?;
    let client = Client(child);
    Ok((UnixStream::from_std(ours)?, client, listen(errors)?))
}

/// One word for the remote shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

//! A proxy in front of an engine's socket, which records each call and spoils the one that it is told to.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::Failure;

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection is cut before the engine hears of it.
    Unheard,
    /// The engine does it; the connection is cut before the answer.
    Unanswered,
    /// The engine does it; half of the answer arrives.
    Half,
    /// The engine does not do it, and answers 500.
    Refused,
    /// The engine does it; the answer comes so much later.
    Late(Duration),
}

/// The proxy, on a socket of its own; it ends with this value.
#[derive(Debug)]
pub struct Proxy {
    socket: PathBuf,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    engine: PathBuf,
    calls: Mutex<Vec<String>>,
    fault: Mutex<Option<(usize, Fault)>>,
}

impl Proxy {
    /// Starts it in front of the engine that listens on `engine`.
    ///
    /// # Errors
    /// The socket can't be made.
    pub fn start(engine: &Path) -> Result<Proxy, Failure> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let socket = std::env::temp_dir().join(format!("cdgp-proxy-{}-{number}.sock", std::process::id()));
        let listener = UnixListener::bind(&socket).map_err(|error| Failure::new("starting a proxy", error))?;
        let shared = Arc::new(Shared { engine: engine.to_owned(), calls: Mutex::default(), fault: Mutex::default() });
        let proxy = Proxy { socket, shared: Arc::clone(&shared) };
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { break };
                let shared = Arc::clone(&shared);
                // A broken connection is what it is for: whoever called sees it.
                thread::spawn(move || drop(shared.serve(client)));
            }
        });
        Ok(proxy)
    }

    /// As the option `docker_host` takes it.
    #[must_use]
    pub fn docker_host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// Forgets what it recorded, and spoils the call of that number (from 0) from now on, if any.
    pub fn reset(&self, fault: Option<(usize, Fault)>) {
        self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner).clear();
        *self.shared.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// The calls since then, as `GET /v1.41/info`.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Threads that still wait for a client end with the test's process.
        let _ = std::fs::remove_file(&self.socket);
    }
}

impl Shared {
    /// One connection: it carries one call, since each side is told to close after it.
    fn serve(&self, mut client: UnixStream) -> io::Result<()> {
        let (head, rest) = head(&mut client)?;
        let fault = self.record(&head);
        if fault == Some(Fault::Unheard) {
            return Ok(());
        }
        if fault == Some(Fault::Refused) {
            let body = r#"{"message":"injected failure"}"#;
            let length = body.len();
            return write!(
                client,
                "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nConnection: close\r\n\
                 Content-Length: {length}\r\n\r\n{body}"
            );
        }
        let mut engine = UnixStream::connect(&self.engine)?;
        engine.write_all(closing(&head).as_bytes())?;
        engine.write_all(&rest)?;
        let (mut from, mut to) = (client.try_clone()?, engine.try_clone()?);
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
        match fault {
            Some(Fault::Unanswered) => {
                engine.read_exact(&mut [0; 1])?;
                return client.shutdown(Shutdown::Both);
            }
            Some(Fault::Half) => {
                let mut answer = Vec::new();
                engine.read_to_end(&mut answer)?;
                let body = answer.windows(4).position(|end| end == b"\r\n\r\n").map_or(0, |at| at + 4);
                client.write_all(&answer[..body + (answer.len() - body) / 2])?;
                return client.shutdown(Shutdown::Both);
            }
            Some(Fault::Late(by)) => thread::sleep(by),
            Some(Fault::Unheard | Fault::Refused) | None => {}
        }
        io::copy(&mut engine, &mut client)?;
        client.shutdown(Shutdown::Both)
    }

    /// Writes the call down; what is to happen to it.
    fn record(&self, head: &str) -> Option<Fault> {
        let mut words = head.split(' ');
        let call = format!("{} {}", words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(call);
        let fault = *self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.filter(|(number, _)| *number + 1 == calls.len()).map(|(_, fault)| fault)
    }
}

/// The request's head, and what came along of its body.
fn head(client: &mut UnixStream) -> io::Result<(String, Vec<u8>)> {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = read.windows(4).position(|end| end == b"\r\n\r\n") {
            let rest = read.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&read).into_owned(), rest));
        }
        match client.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => read.extend_from_slice(&buffer[..length]),
        }
    }
}

/// The head with the wish that the engine close after its answer; one that asks for another protocol stays.
fn closing(head: &str) -> String {
    if head.to_ascii_lowercase().contains("\r\nupgrade:") {
        return head.to_owned();
    }
    format!("{}\r\nConnection: close\r\n\r\n", head.trim_end_matches("\r\n"))
}

//! Sockets: systemd's, or our own, which appear whole, with their mode, or not at all.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use ansible::clap::ArgMatches;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener, UnixStream};

use crate::trouble::{Doing, Result, trouble};

/// What connections come in by.
pub enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

/// A connection.
pub trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

impl Listener {
    /// The next connection.
    pub async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Listener::Unix(listener) => Box::new(listener.accept().await?.0),
            Listener::Tcp(listener) => Box::new(listener.accept().await?.0),
        })
    }
}

/// The plug-in's socket.
pub async fn plugin(given: &ArgMatches) -> Result<Listener> {
    let passed = listenfd::ListenFd::from_env().take_unix_listener(0);
    if let Some(socket) = passed.doing(|| "taking over systemd's socket")? {
        let adopted = socket.set_nonblocking(true).and_then(|()| UnixListener::from_std(socket));
        return adopted.map(Listener::Unix).doing(|| "taking over systemd's socket");
    }
    let path: &PathBuf = given.get_one("socket").ok_or_else(|| trouble!("`--socket` is missing"))?;
    unix(path, given.get_one("group").copied()).await
}

/// The metrics' address. Nothing that other hosts can reach: it tells the names of volumes.
pub async fn metrics(address: &str) -> Result<Listener> {
    if let Some(path) = address.strip_prefix("unix:") {
        return unix(Path::new(path), None).await;
    }
    let doing = || format!("`--metrics {address}`");
    let address: std::net::SocketAddr =
        address.parse().map_err(|_| trouble!("{}: write unix:PATH or 127.0.0.1:PORT", doing()))?;
    if !address.ip().is_loopback() {
        return Err(trouble!("{}: {} is not the host's own; take 127.0.0.1 or unix:PATH", doing(), address.ip()));
    }
    Ok(Listener::Tcp(TcpListener::bind(address).await.doing(doing)?))
}

async fn unix(path: &Path, group: Option<u32>) -> Result<Listener> {
    let doing = || format!("listening at {}", path.display());
    if UnixStream::connect(path).await.is_ok() {
        return Err(trouble!("{}: another process serves there already", doing()));
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).doing(doing)?;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = path.with_file_name(format!(".{name}.{}", std::process::id()));
    // Of a process with our number that was killed.
    let _ = fs::remove_file(&new);
    let listener = UnixListener::bind(&new).doing(doing)?;
    let named = || -> io::Result<()> {
        if let Some(group) = group {
            chown(&new, None, Some(group))?;
        }
        fs::set_permissions(&new, Permissions::from_mode(if group.is_some() { 0o660 } else { 0o600 }))?;
        fs::rename(&new, path)
    };
    named().doing(doing)?;
    Ok(Listener::Unix(listener))
}

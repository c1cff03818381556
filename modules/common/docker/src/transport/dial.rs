//! Opens one connection: socket, TLS or ssh client, then HTTP/1.

use std::io;
use std::net::SocketAddr;

use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::{Link, Sendable, resolve, ssh};
use crate::{Endpoint, Error};

impl Link {
    /// Opens a connection. The caller limits the time.
    pub(super) async fn dial(&self) -> Result<SendRequest<Sendable>, Error> {
        match &self.endpoint {
            Endpoint::Unix(path) => {
                let stream = UnixStream::connect(path).await.map_err(|error| self.no_connection(error))?;
                self.handshake(stream, None).await
            }
            Endpoint::Tcp { host, port, .. } => {
                let addresses = resolve::addresses(host, *port)
                    .await
                    .map_err(|source| Error::UnknownHost { endpoint: self.endpoint.to_string(), source })?;
                let stream = connect_any(&addresses).await.map_err(|error| self.no_connection(error))?;
                // Small requests: waiting to fill a packet only costs time.
                let _ = stream.set_nodelay(true);
                match &self.tls {
                    None => self.handshake(stream, None).await,
                    Some(tls) => {
                        let stream = tls.wrap(stream).await.map_err(|error| self.no_tls(&error))?;
                        self.handshake(stream, None).await
                    }
                }
            }
            Endpoint::Ssh { user, host, port, socket } => {
                let (stream, client, words) = ssh::start(
                    &ssh::Target { user: user.as_deref(), host, port: *port, socket: socket.as_deref() },
                    self.timeout,
                )
                .map_err(|error| Error::Ssh { endpoint: self.endpoint.to_string(), reason: error.to_string() })?;
                *self.ssh_words() = Some(words);
                self.handshake(stream, Some(client)).await
            }
        }
    }

    /// Starts HTTP/1 on a stream. `client` is the ssh client that carries it: it lives as long as the connection.
    async fn handshake<S>(&self, stream: S, client: Option<ssh::Client>) -> Result<SendRequest<Sendable>, Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.broken("opening the connection", &error))?;
        tokio::spawn(async move {
            // Whoever awaits the answer gets the error.
            let _ = connection.with_upgrades().await;
            drop(client);
        });
        Ok(sender)
    }
}

/// The first address that takes the connection; the last one's error when none does.
async fn connect_any(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect(*address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

//! From the system's, TLS's and HTTP's errors to ours.

use std::error::Error as StdError;
use std::io;

use tokio_rustls::rustls::{self, CertificateError};

use super::Link;
use crate::{Endpoint, Error};

impl Link {
    /// Why the socket or port took no connection.
    pub(super) fn no_connection(&self, source: io::Error) -> Error {
        let endpoint = self.endpoint.to_string();
        match (source.kind(), &self.endpoint) {
            (io::ErrorKind::NotFound, Endpoint::Unix(path)) => Error::NoSocket { path: path.clone() },
            (io::ErrorKind::PermissionDenied, Endpoint::Unix(path)) => Error::PermissionDenied { path: path.clone() },
            (io::ErrorKind::ConnectionRefused, _) => Error::Refused { endpoint },
            (io::ErrorKind::TimedOut, _) => Error::ConnectTimeout { endpoint, seconds: self.timeout.as_secs() },
            _ => Error::Unreachable { endpoint, source },
        }
    }

    /// Why the TLS handshake failed.
    pub(super) fn no_tls(&self, error: &io::Error) -> Error {
        match find::<rustls::Error>(error) {
            Some(cause) => self.tls_failure(cause),
            // Many servers that speak no TLS just hang up.
            None => Error::Tls { endpoint: self.endpoint.to_string(), reason: error.to_string() },
        }
    }

    /// Why a request that was sent got no answer; over ssh, in the ssh client's words.
    pub(super) async fn unanswered(&self, request: &str, error: &hyper::Error) -> Error {
        let words = self.ssh_words().take();
        match words {
            Some(words) => match words.all().await {
                said if said.is_empty() => self.broken(request, error),
                said => Error::Ssh { endpoint: self.endpoint.to_string(), reason: said },
            },
            None => self.broken(request, error),
        }
    }

    /// Why the connection broke.
    pub(crate) fn broken(&self, request: &str, error: &hyper::Error) -> Error {
        // With TLS 1.3 the engine looks at the client's certificate after the handshake.
        if let Some(cause) = find::<rustls::Error>(error) {
            return self.tls_failure(cause);
        }
        let endpoint = self.endpoint.to_string();
        let mut reason = error.to_string();
        if let Some(cause) = error.source() {
            reason = format!("{reason}: {cause}");
        }
        // The other side spoke before it was asked, as servers of mail and ssh do. hyper has no other sign of that.
        let unasked = reason.contains("unexpected message");
        if error.is_parse() || unasked {
            return Error::NotHttp { endpoint };
        }
        Error::Broken { request: request.to_owned(), endpoint, reason }
    }

    fn tls_failure(&self, cause: &rustls::Error) -> Error {
        let endpoint = self.endpoint.to_string();
        match cause {
            rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { expected, presented }) => {
                Error::HostName { endpoint, expected: expected.to_str().into_owned(), presented: names(presented) }
            }
            rustls::Error::InvalidCertificate(reason) => Error::Certificate { endpoint, reason: reason.to_string() },
            rustls::Error::AlertReceived(alert) => Error::ClientCertificate { endpoint, reason: format!("{alert:?}") },
            rustls::Error::InvalidMessage(_) => Error::TlsNotSpoken { endpoint },
            other => Error::Tls { endpoint, reason: other.to_string() },
        }
    }
}

/// rustls presents a name as `DnsName("a")` or `IpAddress(::1)`.
fn names(presented: &[String]) -> String {
    let plain = |name: &String| match name.split_once('(') {
        Some((_, inner)) => inner.trim_matches([')', '"']).to_owned(),
        None => name.clone(),
    };
    match presented {
        [] => "no name at all".to_owned(),
        names => names.iter().map(plain).collect::<Vec<_>>().join(", "),
    }
}

/// The first error of type `E` in the chain, also inside of an `io::Error`.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // An io::Error's source() skips the error that it wraps.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

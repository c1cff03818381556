//! What can go wrong between us and the engine, in words that a user can act on.

use std::io;
use std::path::PathBuf;

use crate::version::ApiVersion;

/// Why the engine could not be reached, or what it refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `docker_host` is not understood.
    #[error(
        "`docker_host` {docker_host:?} is not usable: {reason}; give unix:///path, tcp://host:port or ssh://user@host"
    )]
    BadHost {
        /// As given.
        docker_host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The socket does not exist.
    #[error("no engine at {}: the socket does not exist; start Docker, or name the engine's address in `docker_host`", path.display())]
    NoSocket {
        /// The socket.
        path: PathBuf,
    },
    /// The socket exists, but we may not use it.
    #[error("no permission to use the socket {}: add the user to the group that owns it (mostly docker), or use `become`", path.display())]
    PermissionDenied {
        /// The socket.
        path: PathBuf,
    },
    /// Nothing listens.
    #[error(
        "{endpoint} refused the connection: no engine listens there; start it, or name the engine's address in `docker_host`"
    )]
    Refused {
        /// Where.
        endpoint: String,
    },
    /// The host's name has no address.
    #[error("the host of {endpoint} has no address: {source}; check the name in `docker_host`")]
    UnknownHost {
        /// Where.
        endpoint: String,
        /// The resolver's answer.
        source: io::Error,
    },
    /// The connection failed in another way.
    #[error("can't connect to {endpoint}: {source}")]
    Unreachable {
        /// Where.
        endpoint: String,
        /// The system's answer.
        source: io::Error,
    },
    /// No connection in time.
    #[error("no connection to {endpoint} within {seconds} s; check the address in `docker_host`, or raise `timeout`")]
    ConnectTimeout {
        /// Where.
        endpoint: String,
        /// The option `timeout`.
        seconds: u64,
    },
    /// Connected, but no answer in time.
    #[error(
        "{request}: no answer from {endpoint} within {seconds} s; the engine may be busy or still starting: raise `timeout`"
    )]
    Timeout {
        /// Method and path.
        request: String,
        /// Where.
        endpoint: String,
        /// The option `timeout`.
        seconds: u64,
    },
    /// The engine listens, but is not ready.
    #[error("the engine at {endpoint} is not ready yet ({reason}); wait until it has started, then run the task again")]
    Starting {
        /// Where.
        endpoint: String,
        /// What it answered.
        reason: String,
    },
    /// The port expects TLS and we spoke plain HTTP.
    #[error("{endpoint} expects TLS: set `tls` or `validate_certs`")]
    TlsExpected {
        /// Where.
        endpoint: String,
    },
    /// We spoke TLS and the port does not.
    #[error(
        "{endpoint} does not speak TLS: unset `tls` and `validate_certs`, or name the engine's TLS port (mostly 2376)"
    )]
    TlsNotSpoken {
        /// Where.
        endpoint: String,
    },
    /// What answers is not HTTP: another program's port, or TLS by a server that says so in TLS only.
    #[error(
        "{endpoint} does not speak HTTP; check the address in `docker_host`, and set `tls` or `validate_certs` for a TLS port"
    )]
    NotHttp {
        /// Where.
        endpoint: String,
    },
    /// The engine's certificate is for other names.
    #[error("the certificate of {endpoint} is not for {expected:?} but for {presented}; name it in `tls_hostname`")]
    HostName {
        /// Where.
        endpoint: String,
        /// The name that we look for.
        expected: String,
        /// The names in the certificate.
        presented: String,
    },
    /// The engine's certificate can't be trusted.
    #[error("the certificate of {endpoint} can't be trusted ({reason}); name its authority in `ca_path`")]
    Certificate {
        /// Where.
        endpoint: String,
        /// Why.
        reason: String,
    },
    /// The engine does not accept our client certificate, or wants one.
    #[error("{endpoint} did not accept the client's certificate ({reason}); check `client_cert` and `client_key`")]
    ClientCertificate {
        /// Where.
        endpoint: String,
        /// Its alert.
        reason: String,
    },
    /// TLS failed in another way.
    #[error("TLS with {endpoint} failed: {reason}")]
    Tls {
        /// Where.
        endpoint: String,
        /// Why.
        reason: String,
    },
    /// A certificate or key file can't be used.
    #[error("`{option}` {}: {reason}", path.display())]
    TlsFile {
        /// The option that names it.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The ssh client failed.
    #[error(
        "can't reach the engine through {endpoint}: {reason}; check that ssh to this host runs `docker version` without a question"
    )]
    Ssh {
        /// Where.
        endpoint: String,
        /// What the ssh client said.
        reason: String,
    },
    /// The engine's API is older than what we speak.
    #[error(
        "the engine at {endpoint} speaks API {version}, the oldest supported is {}: upgrade it to Docker 19.03 or newer",
        ApiVersion::OLDEST
    )]
    EngineTooOld {
        /// Where.
        endpoint: String,
        /// The newest that it speaks.
        version: ApiVersion,
    },
    /// `api_version` is below what we speak.
    #[error("`api_version` {version} is too old: the oldest supported is {}", ApiVersion::OLDEST)]
    PinnedTooOld {
        /// As given.
        version: ApiVersion,
    },
    /// `api_version` is no version.
    #[error("`api_version` {text:?} is not a version: give auto or one such as 1.45")]
    BadVersion {
        /// As given.
        text: String,
    },
    /// The engine does not speak the API version that we asked for.
    #[error("the engine refused the API version: {message}; check `api_version`")]
    VersionRefused {
        /// The engine's words.
        message: String,
    },
    /// The engine refused a request.
    #[error("the engine answered {status}: {message}")]
    Api {
        /// The HTTP status.
        status: u16,
        /// The engine's words.
        message: String,
    },
    /// What answers is not an engine, or not one that we understand.
    #[error("{what}: the answer is not what the API describes: {reason}")]
    Unexpected {
        /// What was asked for.
        what: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// The connection broke while a request was under way.
    #[error("{request}: the connection to {endpoint} broke: {reason}")]
    Broken {
        /// Method and path.
        request: String,
        /// Where.
        endpoint: String,
        /// Why.
        reason: String,
    },
    /// A context of Docker's command line can't be used.
    #[error("`cli_context` {name:?} can't be read from {}: {reason}; `docker context ls` lists those that there are", path.display())]
    CliContext {
        /// As given.
        name: String,
        /// Where it is kept.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// What the engine told of in the midst of its progress: a pull, push or build failed.
    #[error("{message}")]
    Failed {
        /// The engine's words.
        message: String,
    },
    /// Anything else that bollard reports.
    #[error(transparent)]
    Client(bollard::errors::Error),
}

impl Error {
    /// The HTTP status of the engine's answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Error::Api { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The engine does not have the object that was asked for.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// The object is in use, exists already, or is in a state that does not allow the request.
    pub fn is_conflict(&self) -> bool {
        self.status() == Some(409)
    }

    /// The refusal that an answer's status and body tell of.
    pub(crate) fn from_answer(endpoint: &str, status: u16, body: &str) -> Error {
        let message = match serde_json::from_str::<serde_json::Value>(body) {
            Ok(value) => value.get("message").and_then(serde_json::Value::as_str).unwrap_or(body).to_owned(),
            Err(_) => body.to_owned(),
        };
        Error::from_refusal(endpoint, status, message.trim().to_owned())
    }

    /// What bollard reports of the engine at `endpoint`.
    pub(crate) fn from_bollard(error: bollard::errors::Error, endpoint: &str) -> Error {
        use bollard::errors::Error as Bollard;
        let broken = |reason: String| {
            let request = "reading an answer".to_owned();
            Error::Broken { request, endpoint: endpoint.to_owned(), reason }
        };
        match error {
            Bollard::DockerResponseServerError { status_code, message } => {
                Error::from_refusal(endpoint, status_code, message)
            }
            // Our transport's own errors travel through bollard in an io::Error; any other is of a body that ends early.
            Bollard::IOError { err } => err.downcast().unwrap_or_else(|err| broken(err.to_string())),
            Bollard::HyperResponseError { err } => broken(err.to_string()),
            other => Error::Client(other),
        }
    }

    fn from_refusal(endpoint: &str, status: u16, message: String) -> Error {
        let version_refused = message.contains("client version") && message.contains("is too ");
        match status {
            // What the TLS servers of Go and of Nginx answer to plain HTTP.
            400 if message.contains("HTTP request to an HTTPS server")
                || message.contains("plain HTTP request was sent to HTTPS port") =>
            {
                Error::TlsExpected { endpoint: endpoint.to_owned() }
            }
            400 if version_refused => Error::VersionRefused { message },
            _ => Error::Api { status, message },
        }
    }
}

impl From<Error> for bollard::errors::Error {
    fn from(error: Error) -> Self {
        bollard::errors::Error::IOError { err: io::Error::other(error) }
    }
}

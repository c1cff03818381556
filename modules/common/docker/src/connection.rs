//! How the engine is reached: the connection options that every module shares.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::version::ApiVersion;
use crate::{Endpoint, Error};

/// The connection options, after the environment's fall-backs (`DOCKER_HOST` and so on) have been applied.
///
/// `DOCKER_CERT_PATH` names a folder. As the fall-back of `ca_path`, `client_cert` and `client_key` it stands in each of
/// them, and means its `ca.pem`, `cert.pem` and `key.pem`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Connection {
    /// `unix:///path`, `tcp://host:port`, `https://host:port`, `http://host:port` or `ssh://[user@]host[:port][/path]`.
    pub docker_host: String,
    /// TLS without verifying the engine.
    pub tls: bool,
    /// TLS with verifying the engine; wins over `tls`.
    pub validate_certs: bool,
    /// The name expected in the engine's certificate, where it is not that of `docker_host`.
    pub tls_hostname: Option<String>,
    /// PEM file (or the folder of `ca.pem`) with the certificates of the authorities to trust; without it, those of the system.
    pub ca_path: Option<PathBuf>,
    /// PEM file (or the folder of `cert.pem`) with the client's certificate and its chain.
    pub client_cert: Option<PathBuf>,
    /// PEM file (or the folder of `key.pem`) with the client certificate's private key, not encrypted.
    pub client_key: Option<PathBuf>,
    /// `auto`, or the API version to speak, such as `1.45`.
    pub api_version: String,
    /// Seconds to wait for a connection, and for the start of each answer.
    pub timeout: u64,
    /// Kept for the peer's callers: ssh always goes through the system's ssh client.
    pub use_ssh_client: bool,
    /// Kept for the peer's callers.
    pub debug: bool,
}

impl Default for Connection {
    fn default() -> Self {
        Connection {
            docker_host: "unix:///var/run/docker.sock".to_owned(),
            tls: false,
            validate_certs: false,
            tls_hostname: None,
            ca_path: None,
            client_cert: None,
            client_key: None,
            api_version: "auto".to_owned(),
            timeout: 60,
            use_ssh_client: false,
            debug: false,
        }
    }
}

impl Connection {
    /// What the environment says, as for the docker command: `DOCKER_HOST`, `DOCKER_TLS`, `DOCKER_TLS_VERIFY`,
    /// `DOCKER_CERT_PATH`, `DOCKER_TLS_HOSTNAME`, `DOCKER_API_VERSION`, `DOCKER_TIMEOUT`. For tools: a module's options
    /// have their own fall-backs.
    pub fn from_environment() -> Connection {
        let given = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let switch = |name: &str| {
            given(name).is_some_and(|text| ["1", "yes", "true", "on", "y", "t"].contains(&text.to_lowercase().as_str()))
        };
        let folder = given("DOCKER_CERT_PATH").map(PathBuf::from);
        let usual = Connection::default();
        Connection {
            docker_host: given("DOCKER_HOST").unwrap_or(usual.docker_host),
            tls: switch("DOCKER_TLS"),
            validate_certs: switch("DOCKER_TLS_VERIFY"),
            tls_hostname: given("DOCKER_TLS_HOSTNAME"),
            ca_path: folder.clone(),
            client_cert: folder.clone(),
            client_key: folder,
            api_version: given("DOCKER_API_VERSION").unwrap_or(usual.api_version),
            timeout: given("DOCKER_TIMEOUT").and_then(|text| text.parse().ok()).unwrap_or(usual.timeout),
            ..usual
        }
    }

    /// Where the engine is.
    ///
    /// # Errors
    /// `docker_host` has a form that is not understood.
    pub fn endpoint(&self) -> Result<Endpoint, Error> {
        Endpoint::parse(&self.docker_host, self.tls || self.validate_certs)
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout.max(1))
    }

    /// The API version that the user pinned; `None` for `auto`.
    pub(crate) fn pinned_version(&self) -> Result<Option<ApiVersion>, Error> {
        match self.api_version.trim() {
            "" | "auto" => Ok(None),
            text => match text.parse::<ApiVersion>() {
                Ok(version) if version < ApiVersion::OLDEST => Err(Error::PinnedTooOld { version }),
                Ok(version) => Ok(Some(version)),
                Err(()) => Err(Error::BadVersion { text: text.to_owned() }),
            },
        }
    }
}

//! TLS to the engine, by rustls with ring: verified or not, with or without a client's certificate.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{self, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::{Connection, Error};

/// A client's side of TLS, ready to wrap connections to one host.
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("Tls").field(&self.name).finish()
    }
}

impl Tls {
    /// Reads the files that the options name.
    pub(super) fn new(connection: &Connection, host: &str) -> Result<Tls, Error> {
        let failed =
            |error: rustls::Error| Error::Tls { endpoint: connection.docker_host.clone(), reason: error.to_string() };
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(failed)?;
        // `https://` in `docker_host` with neither option is verified, as a user of that scheme expects.
        let builder = if connection.validate_certs || !connection.tls {
            builder.with_root_certificates(roots(connection)?)
        } else {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Unverified(provider)))
        };
        let config = match client_certificate(connection)? {
            Some((chain, key, path)) => builder.with_client_auth_cert(chain, key).map_err(|error| Error::TlsFile {
                option: "client_key",
                path,
                reason: format!("does not go with `client_cert`: {error}"),
            })?,
            None => builder.with_no_client_auth(),
        };
        let name = connection.tls_hostname.as_deref().filter(|name| !name.is_empty()).unwrap_or(host);
        // A zone (fe80::1%eth0) is for the routing, not part of what a certificate could hold.
        let name = name.split('%').next().unwrap_or(name);
        let name = ServerName::try_from(name.to_owned()).map_err(|_| Error::Tls {
            endpoint: connection.docker_host.clone(),
            reason: format!("{name:?} can't stand in a certificate; name the expected one in `tls_hostname`"),
        })?;
        Ok(Tls { connector: TlsConnector::from(Arc::new(config)), name })
    }

    pub(super) async fn wrap(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.connector.connect(self.name.clone(), stream).await
    }
}

/// The authorities to trust: those of `ca_path`, or the system's.
fn roots(connection: &Connection) -> Result<RootCertStore, Error> {
    let mut store = RootCertStore::empty();
    match connection.ca_path.as_deref().and_then(|path| file(path, "ca.pem")) {
        Some(path) => {
            for certificate in certificates("ca_path", &path)? {
                store.add(certificate).map_err(|error| Error::TlsFile {
                    option: "ca_path",
                    path: path.clone(),
                    reason: error.to_string(),
                })?;
            }
        }
        None => {
            let system = rustls_native_certs::load_native_certs();
            store.add_parsable_certificates(system.certs);
            if store.is_empty() {
                return Err(Error::Tls {
                    endpoint: connection.docker_host.clone(),
                    reason: "this machine has no certificates of authorities; name one in `ca_path`".to_owned(),
                });
            }
        }
    }
    Ok(store)
}

type ClientCertificate = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>, PathBuf);

fn client_certificate(connection: &Connection) -> Result<Option<ClientCertificate>, Error> {
    let certificate = connection.client_cert.as_deref().and_then(|path| file(path, "cert.pem"));
    let key = connection.client_key.as_deref().and_then(|path| file(path, "key.pem"));
    let lonely =
        |option, path, other: &str| Error::TlsFile { option, path, reason: format!("needs `{other}` beside it") };
    match (certificate, key) {
        (None, None) => Ok(None),
        (Some(path), None) => Err(lonely("client_cert", path, "client_key")),
        (None, Some(path)) => Err(lonely("client_key", path, "client_cert")),
        (Some(certificate), Some(key)) => {
            let chain = certificates("client_cert", &certificate)?;
            let parsed = PrivateKeyDer::from_pem_file(&key).map_err(|error| {
                // The only kind that rustls does not take and users have.
                let encrypted = matches!(error, pem::Error::NoItemsFound)
                    && std::fs::read_to_string(&key).is_ok_and(|text| text.contains("ENCRYPTED"));
                let reason = if encrypted {
                    "the key is encrypted; give one without a password".to_owned()
                } else {
                    reason(&error, "private key")
                };
                Error::TlsFile { option: "client_key", path: key.clone(), reason }
            })?;
            Ok(Some((chain, parsed, key)))
        }
    }
}

/// The file that an option names: itself, or `name` in the folder that it names (what `DOCKER_CERT_PATH` holds), where
/// there is one.
fn file(path: &Path, name: &str) -> Option<PathBuf> {
    if path.as_os_str().is_empty() {
        None
    } else if path.is_dir() {
        Some(path.join(name)).filter(|path| path.exists())
    } else {
        Some(path.to_owned())
    }
}

fn certificates(option: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let failed = |reason| Error::TlsFile { option, path: path.to_owned(), reason };
    let found = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(reason(&error, "certificate")))?;
    if found.is_empty() { Err(failed("holds no certificate in PEM format".to_owned())) } else { Ok(found) }
}

fn reason(error: &pem::Error, wanted: &str) -> String {
    match error {
        pem::Error::Io(error) => format!("can't be read: {error}"),
        pem::Error::NoItemsFound => format!("holds no {wanted} in PEM format"),
        other => format!("is not valid PEM: {other}"),
    }
}

/// Takes any certificate: `tls` without `validate_certs`. The handshake's signatures are still checked.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

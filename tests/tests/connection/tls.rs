//! TLS to a real dockerd: verified or not, with and without the client's certificate, and each way it goes wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use docker::{Connection, Engine, Error};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};
use tests::Version;

use crate::{failure, run, to, write_and_read};

/// Certificates of one authority, in a folder of their own. Removed when dropped.
struct Authority {
    folder: PathBuf,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Authority {
        let folder = std::env::temp_dir().join(format!("cdgp-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        fs::write(folder.join("ca.pem"), issuer.pem()).unwrap();
        Authority { folder, issuer }
    }

    /// Issues NAME.pem and NAME-key.pem.
    fn issue(&self, name: &str, names: &[&str], purpose: ExtendedKeyUsagePurpose, expired: bool) {
        let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![purpose];
        if expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        fs::write(self.path(&format!("{name}.pem")), certificate.pem()).unwrap();
        fs::write(self.path(&format!("{name}-key.pem")), key.serialize_pem()).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// dockerd's arguments for a port with the certificate NAME.
    fn arguments(&self, name: &str) -> Vec<String> {
        [("tlscert", ".pem"), ("tlskey", "-key.pem")]
            .map(|(option, end)| format!("--{option}={}", self.path(&format!("{name}{end}")).display()))
            .into_iter()
            .chain([format!("--tlscacert={}", self.path("ca.pem").display()), "--host=tcp://127.0.0.1:2376".to_owned()])
            .collect()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn start(version: Version, arguments: &[String]) -> tests::Engine {
    tests::Engine::start_with(version, &arguments.iter().map(String::as_str).collect::<Vec<_>>()).unwrap()
}

#[test]
fn an_engine_that_wants_a_client_certificate() {
    let authority = Authority::new("mutual");
    authority.issue("engine", &["engine.test", "127.0.0.1"], ExtendedKeyUsagePurpose::ServerAuth, false);
    authority.issue("cert", &[], ExtendedKeyUsagePurpose::ClientAuth, false);
    fs::rename(authority.path("cert-key.pem"), authority.path("key.pem")).unwrap();
    authority.issue("other", &[], ExtendedKeyUsagePurpose::ClientAuth, false);
    let foreign = Authority::new("foreign");
    foreign.issue("cert", &[], ExtendedKeyUsagePurpose::ClientAuth, false);
    let mut arguments = authority.arguments("engine");
    arguments.push("--tlsverify".to_owned());
    for version in [Version::Oldest, Version::Newest] {
        let private = start(version, &arguments);
        private.inside(|| mutual(&authority, &foreign)).unwrap();
    }
}

fn mutual(authority: &Authority, foreign: &Authority) {
    let host = "tcp://127.0.0.1:2376";
    let verified = Connection {
        validate_certs: true,
        ca_path: Some(authority.path("ca.pem")),
        client_cert: Some(authority.path("cert.pem")),
        client_key: Some(authority.path("key.pem")),
        ..to(host)
    };
    let folder = Some(authority.folder.clone());
    for good in [
        verified.clone(),
        // DOCKER_CERT_PATH
        Connection {
            ca_path: folder.clone(),
            client_cert: folder.clone(),
            client_key: folder.clone(),
            ..verified.clone()
        },
        Connection { tls: true, ..verified.clone() },
        Connection { tls: true, validate_certs: false, ca_path: None, ..verified.clone() },
        Connection { docker_host: "https://127.0.0.1:2376".to_owned(), validate_certs: false, ..verified.clone() },
        Connection {
            docker_host: "tcp://localhost:2376".to_owned(),
            tls_hostname: Some("engine.test".to_owned()),
            ..verified.clone()
        },
    ] {
        run(async {
            let engine = Engine::connect(&good).await.unwrap();
            write_and_read(&engine).await.unwrap();
        });
    }

    let error = failure(&Connection { docker_host: "tcp://localhost:2376".to_owned(), ..verified.clone() });
    assert!(matches!(&error, Error::HostName { expected, .. } if expected == "localhost"), "{error:?}");
    assert!(
        error.to_string().contains("engine.test, 127.0.0.1") && error.to_string().contains("`tls_hostname`"),
        "{error}"
    );
    let error = failure(&Connection { tls_hostname: Some("no name!".to_owned()), ..verified.clone() });
    assert!(error.to_string().contains("`tls_hostname`"), "{error}");

    let error = failure(&Connection { ca_path: Some(foreign.path("ca.pem")), ..verified.clone() });
    assert!(matches!(error, Error::Certificate { .. }), "{error:?}");
    assert!(error.to_string().contains("`ca_path`"), "{error}");
    // The system's authorities don't know ours either.
    let error = failure(&Connection { ca_path: None, ..verified.clone() });
    assert!(matches!(error, Error::Certificate { .. }), "{error:?}");

    let none = Connection { client_cert: None, client_key: None, ..verified.clone() };
    let strange = Connection {
        client_cert: Some(foreign.path("cert.pem")),
        client_key: Some(foreign.path("cert-key.pem")),
        ..verified.clone()
    };
    for refused in [none, strange] {
        let error = failure(&refused);
        assert!(matches!(error, Error::ClientCertificate { .. }), "{error:?}");
        assert!(error.to_string().contains("`client_cert`"), "{error}");
    }

    let error = failure(&to(host));
    assert!(matches!(error, Error::TlsExpected { .. }), "{error:?}");
    let mut pinned = to(host);
    pinned.api_version = "1.41".to_owned();
    let error = run(async { Engine::connect(&pinned).await.unwrap().volume("x").await.unwrap_err() });
    assert!(matches!(error, Error::TlsExpected { .. }), "{error:?}");

    bad_files(authority, &verified);
}

/// Files that can't be used are named with the option that names them.
fn bad_files(authority: &Authority, verified: &Connection) {
    let (empty, encrypted) = (authority.path("empty.pem"), authority.path("encrypted.pem"));
    fs::write(&empty, "").unwrap();
    encrypt(&authority.path("key.pem"), &encrypted);
    let missing = authority.path("missing.pem");
    for (connection, option, reason) in [
        (Connection { ca_path: Some(missing.clone()), ..verified.clone() }, "ca_path", "can't be read"),
        (Connection { ca_path: Some(empty.clone()), ..verified.clone() }, "ca_path", "no certificate"),
        (Connection { client_cert: Some(missing), ..verified.clone() }, "client_cert", "can't be read"),
        (Connection { client_key: None, ..verified.clone() }, "client_cert", "needs `client_key`"),
        (Connection { client_cert: None, ..verified.clone() }, "client_key", "needs `client_cert`"),
        (Connection { client_key: Some(empty), ..verified.clone() }, "client_key", "no private key"),
        (Connection { client_key: Some(encrypted), ..verified.clone() }, "client_key", "encrypted"),
        (
            Connection { client_key: Some(authority.path("other-key.pem")), ..verified.clone() },
            "client_key",
            "does not go with",
        ),
    ] {
        let error = failure(&connection);
        assert!(matches!(&error, Error::TlsFile { option: named, .. } if *named == option), "{error:?}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

fn encrypt(key: &Path, encrypted: &Path) {
    let output = Command::new("openssl")
        .args(["pkcs8", "-topk8", "-passout", "pass:word", "-in"])
        .arg(key)
        .arg("-out")
        .arg(encrypted)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn an_engine_with_an_expired_certificate_that_asks_for_none() {
    let authority = Authority::new("expired");
    authority.issue("engine", &["127.0.0.1"], ExtendedKeyUsagePurpose::ServerAuth, true);
    let mut arguments = authority.arguments("engine");
    arguments.extend(["--tls".to_owned(), "--tlsverify=false".to_owned()]);
    let private = start(Version::Newest, &arguments);
    private
        .inside(|| {
            let connection = Connection { tls: true, ..to("tcp://127.0.0.1:2376") };
            run(async { write_and_read(&Engine::connect(&connection).await.unwrap()).await.unwrap() });
            let verified = Connection { validate_certs: true, ca_path: Some(authority.path("ca.pem")), ..connection };
            let error = failure(&verified);
            assert!(matches!(error, Error::Certificate { .. }), "{error:?}");
            assert!(error.to_string().contains("expired"), "{error}");
        })
        .unwrap();
}

#[test]
fn an_engine_without_tls() {
    for version in [Version::Oldest, Version::Newest] {
        let private = tests::Engine::start_with(version, &["--host=tcp://127.0.0.1:2375", "--tls=false"]).unwrap();
        private
            .inside(|| {
                for docker_host in [
                    "tcp://127.0.0.1:2375",
                    "http://127.0.0.1:2375",
                    "127.0.0.1:2375",
                    "tcp://localhost",
                    "tcp://127.1",
                ] {
                    run(async { write_and_read(&Engine::connect(&to(docker_host)).await.unwrap()).await.unwrap() });
                }
                let error = failure(&Connection { tls: true, ..to("tcp://127.0.0.1:2375") });
                assert!(matches!(error, Error::TlsNotSpoken { .. }), "{error:?}");
            })
            .unwrap();
    }
}

//! Contexts of Docker's command line: where `docker context create` notes how an engine is reached.
//!
//! Source: docker/cli, the layout of `~/.docker/contexts`: `meta/ID/meta.json` and `tls/ID/docker/*.pem`, where ID is the
//! SHA-256 of the context's name.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::sha256::hexadecimal;
use crate::{Connection, Error, auth};

/// The name of the context that is no file: the environment of the command line.
pub const DEFAULT: &str = "default";

/// A context.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CliContext {
    /// Its name.
    pub name: String,
    /// What its creator wrote about it.
    pub description: Option<String>,
    /// Its folder; `None` for the default one.
    pub meta_path: Option<PathBuf>,
    /// Its folder of certificates, which need not exist; `None` for the default one.
    pub tls_path: Option<PathBuf>,
    /// How its engine is reached; `None` when it is for something else.
    pub engine: Option<CliEngine>,
}

/// How a context's engine is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CliEngine {
    /// Its address.
    pub host: String,
    /// Whether its certificate is taken as it is.
    pub skip_tls_verify: bool,
    /// The certificate of the authority that signed the engine's.
    pub ca: Option<PathBuf>,
    /// Our certificate.
    pub certificate: Option<PathBuf>,
    /// Its key.
    pub key: Option<PathBuf>,
}

impl CliEngine {
    /// Whether there is TLS at all.
    pub fn has_tls(&self) -> bool {
        self.ca.is_some() || self.certificate.is_some() || self.skip_tls_verify
    }

    fn new(host: &str, skip_tls_verify: bool, certificates: Option<&Path>) -> Self {
        let pem = |file: &str| certificates.map(|folder| folder.join(file)).filter(|path| path.exists());
        CliEngine {
            host: host.to_owned(),
            skip_tls_verify,
            ca: pem("ca.pem"),
            certificate: pem("cert.pem"),
            key: pem("key.pem"),
        }
    }
}

impl CliContext {
    /// Every context of the user, the default one first, the others by name.
    ///
    /// # Errors
    /// One can't be read.
    pub fn all() -> Result<Vec<CliContext>, Error> {
        let mut found = Vec::new();
        for folder in folders().0.read_dir().into_iter().flatten().flatten() {
            let path = folder.path().join("meta.json");
            if path.exists() {
                found.push(CliContext::of_file(&folder.file_name().to_string_lossy(), &path)?);
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found.insert(0, CliContext::default_one());
        Ok(found)
    }

    /// The context of that name.
    ///
    /// # Errors
    /// There is none, or it can't be read.
    pub fn named(name: &str) -> Result<CliContext, Error> {
        if name == DEFAULT {
            return Ok(CliContext::default_one());
        }
        let id = hexadecimal(name.as_bytes());
        CliContext::of_file(name, &folders().0.join(&id).join("meta.json"))
    }

    /// The name of the one that the command line takes without being told: as `docker context show` has it.
    ///
    /// # Errors
    /// The command line's configuration can't be read.
    pub fn current() -> Result<String, Error> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        if variable("DOCKER_HOST").is_some() {
            return Ok(DEFAULT.to_owned());
        }
        if let Some(name) = variable("DOCKER_CONTEXT") {
            return Ok(name);
        }
        let path = auth::cli_folder().unwrap_or_default().join("config.json");
        let name = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(DEFAULT, &path, &error)),
            // The reason names the place only: the text holds logins.
            Ok(text) => serde_json::from_str::<Value>(&text)
                .map_err(|error| failed(DEFAULT, &path, &format!("line {} is not what the CLI writes", error.line())))?
                .get("currentContext")
                .and_then(Value::as_str)
                .map(str::to_owned),
        };
        Ok(name.filter(|name| !name.is_empty()).unwrap_or_else(|| DEFAULT.to_owned()))
    }

    fn default_one() -> CliContext {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let host = variable("DOCKER_HOST").unwrap_or_else(|| "unix:///var/run/docker.sock".to_owned());
        let certificates = variable("DOCKER_TLS_VERIFY").and(variable("DOCKER_CERT_PATH")).map(PathBuf::from);
        CliContext {
            name: DEFAULT.to_owned(),
            description: Some("Current DOCKER_HOST based configuration".to_owned()),
            engine: Some(CliEngine::new(&host, false, certificates.as_deref())),
            ..CliContext::default()
        }
    }

    /// Reads `meta.json`. `fallback` names the context where the file does not.
    fn of_file(fallback: &str, path: &Path) -> Result<CliContext, Error> {
        let text = std::fs::read_to_string(path).map_err(|error| failed(fallback, path, &error))?;
        let facts: Value = serde_json::from_str(&text).map_err(|error| failed(fallback, path, &error))?;
        let text = |pointer: &str| facts.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let name = text("/Name").unwrap_or_else(|| fallback.to_owned());
        let tls_path = folders().1.join(hexadecimal(name.as_bytes()));
        let engine = facts.pointer("/Endpoints/docker").map(|endpoint| {
            let skip = endpoint.get("SkipTLSVerify").and_then(Value::as_bool).unwrap_or(false);
            let host = endpoint.get("Host").and_then(Value::as_str).unwrap_or_default();
            CliEngine::new(host, skip, Some(&tls_path.join("docker")))
        });
        Ok(CliContext {
            description: text("/Metadata/Description").filter(|text| !text.is_empty()),
            meta_path: path.parent().map(Path::to_owned),
            tls_path: Some(tls_path),
            engine,
            name,
        })
    }
}

impl Connection {
    /// The same connection, to the engine of the context `name`. The context `default` is the connection itself.
    ///
    /// # Errors
    /// There is no such context, or it can't be read.
    pub fn in_cli_context(mut self, name: &str) -> Result<Connection, Error> {
        if name == DEFAULT {
            return Ok(self);
        }
        let context = CliContext::named(name)?;
        let path = context.meta_path.unwrap_or_default();
        let engine = context.engine.filter(|engine| !engine.host.is_empty());
        let engine = engine.ok_or_else(|| failed(name, &path, &"it names no engine's address"))?;
        if engine.has_tls() {
            self.tls = true;
            self.validate_certs = !engine.skip_tls_verify;
        }
        self.docker_host = engine.host;
        self.ca_path = self.ca_path.or(engine.ca);
        self.client_cert = self.client_cert.or(engine.certificate);
        self.client_key = self.client_key.or(engine.key);
        Ok(self)
    }
}

/// The folders of the contexts and of their certificates.
fn folders() -> (PathBuf, PathBuf) {
    let contexts = auth::cli_folder().unwrap_or_default().join("contexts");
    (contexts.join("meta"), contexts.join("tls"))
}

fn failed(name: &str, path: &Path, reason: &impl ToString) -> Error {
    Error::CliContext { name: name.to_owned(), path: path.to_owned(), reason: reason.to_string() }
}

//! Logins at registries: what `docker login` left in the CLI's configuration, and credential helpers.
//!
//! Source: the Docker CLI's reference, "Credential stores", and the Engine API's `X-Registry-Auth`.

mod helper;
mod keep;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::helper::Helper;
pub use self::keep::{Kept, Login};
use crate::{ImageName, without_nulls};

/// The name under which logins at Docker Hub are kept.
const HUB: &str = "https://index.docker.io/v1/";

/// A login, as the engine takes it. Debug does not show it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    username: String,
    password: String,
    identitytoken: String,
    registrytoken: String,
    serveraddress: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials for {}", self.serveraddress)
    }
}

impl Credentials {
    /// The user's login at the registry that the image's name names; `None` when there is none.
    ///
    /// # Errors
    /// Those of [`Logins::of_user`] and [`Logins::for_registry`].
    pub fn for_image(name: &ImageName) -> Result<Option<Credentials>, AuthError> {
        Logins::of_user()?.for_registry(name.registry())
    }

    /// The header of a request that concerns one registry.
    pub fn header(&self) -> (&'static str, String) {
        ("X-Registry-Auth", URL_SAFE.encode(self.json().to_string()))
    }

    fn json(&self) -> Value {
        json!({
            "username": self.username,
            "password": self.password,
            "identitytoken": self.identitytoken,
            "registrytoken": self.registrytoken,
            "serveraddress": self.serveraddress,
        })
    }
}

/// The logins of the user that we run as.
#[derive(Debug, Clone, Default)]
pub struct Logins {
    path: PathBuf,
    file: ConfigFile,
}

/// What we read of the CLI's `config.json`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ConfigFile {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: String,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
    registrytoken: String,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entry(********)")
    }
}

/// Why a login can't be read.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The configuration is there, but can't be used.
    #[error("reading the logins of {}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The configuration can't be written.
    #[error("writing the logins to {}: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A credential helper that the configuration names failed.
    #[error("the credential helper docker-credential-{name}, which {} names, failed for {registry}: {reason}", path.display())]
    Helper {
        /// Its name, as the file has it.
        name: String,
        /// The file.
        path: PathBuf,
        /// The registry.
        registry: String,
        /// What it said.
        reason: String,
    },
}

impl Logins {
    /// Reads the CLI's configuration: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`. No file, no logins.
    ///
    /// # Errors
    /// The file can't be read, or is not what the CLI writes.
    pub fn of_user() -> Result<Logins, AuthError> {
        cli_folder().map_or_else(|| Ok(Logins::default()), |folder| Logins::of_file(&folder.join("config.json")))
    }

    /// Reads a file of that form.
    ///
    /// # Errors
    /// As [`Logins::of_user`].
    pub fn of_file(path: &Path) -> Result<Logins, AuthError> {
        let raw = config(path)?.unwrap_or_else(|| json!({}));
        // The reason names no value: the text holds secrets.
        let file = located::from_value::<ConfigFile>(without_nulls(&raw)).map_err(|_| AuthError::File {
            path: path.to_owned(),
            reason: "a part of it is not what the CLI writes".to_owned(),
        })?;
        Ok(Logins { path: path.to_owned(), file })
    }

    /// The login for a registry (`docker.io`, `host:port`): the registry's own helper before the general store before
    /// what the file itself holds.
    ///
    /// # Errors
    /// A helper can't be run or fails, or the file's entry is garbled.
    pub fn for_registry(&self, registry: &str) -> Result<Option<Credentials>, AuthError> {
        let key = if registry == "docker.io" { HUB } else { registry };
        if let Some(name) = self.helper_for(registry)
            && let Some(credentials) = self.helper(name).get(key)?
        {
            return Ok(Some(credentials));
        }
        let exact = self.file.auths.get_key_value(key);
        let found = exact.or_else(|| self.file.auths.iter().find(|(name, _)| hostname(name) == hostname(key)));
        found.map_or(Ok(None), |(name, entry)| self.credentials(name, entry))
    }

    /// The program that keeps the login for a registry, where one does: its own, or the general store.
    fn helper_for(&self, registry: &str) -> Option<&String> {
        let key = if registry == "docker.io" { HUB } else { registry };
        let own = self.file.cred_helpers.get(registry).or_else(|| self.file.cred_helpers.get(key));
        own.or(Some(&self.file.creds_store).filter(|name| !name.is_empty()))
    }

    /// Every login, by registry, as the header of a build, which may pull from any.
    ///
    /// # Errors
    /// As [`Logins::for_registry`].
    pub fn header_of_all(&self) -> Result<Option<(&'static str, String)>, AuthError> {
        let mut names: Vec<String> = self.file.auths.keys().chain(self.file.cred_helpers.keys()).cloned().collect();
        if !self.file.creds_store.is_empty() {
            names.extend(self.helper(&self.file.creds_store).list()?);
        }
        let mut all = Map::new();
        for name in names {
            let registry = if name == HUB { "docker.io" } else { &name };
            if let Some(credentials) = self.for_registry(registry)? {
                all.insert(name, credentials.json());
            }
        }
        Ok((!all.is_empty()).then(|| ("X-Registry-Config", URL_SAFE.encode(Value::Object(all).to_string()))))
    }

    fn credentials(&self, registry: &str, entry: &Entry) -> Result<Option<Credentials>, AuthError> {
        let mut credentials = Credentials {
            username: entry.username.clone(),
            password: entry.password.clone(),
            identitytoken: entry.identitytoken.clone(),
            registrytoken: entry.registrytoken.clone(),
            serveraddress: registry.to_owned(),
        };
        if !entry.auth.is_empty() {
            let garbled = || AuthError::File {
                path: self.path.clone(),
                reason: format!("the entry for {registry} is garbled; log in again"),
            };
            let bytes = STANDARD.decode(&entry.auth).map_err(|_| garbled())?;
            let text = String::from_utf8(bytes).map_err(|_| garbled())?;
            let (username, password) = text.split_once(':').ok_or_else(garbled)?;
            credentials.username = username.to_owned();
            credentials.password = password.trim_end_matches('\0').to_owned();
        }
        // The CLI leaves empty entries behind where a store holds the login.
        let empty = credentials.username.is_empty()
            && credentials.identitytoken.is_empty()
            && credentials.registrytoken.is_empty();
        Ok((!empty).then_some(credentials))
    }

    fn helper<'l>(&'l self, name: &'l str) -> Helper<'l> {
        Helper { name, path: &self.path }
    }
}

/// The CLI's configuration; `None` where there is none.
pub(crate) fn config(path: &Path) -> Result<Option<Value>, AuthError> {
    let failed = |reason: String| AuthError::File { path: path.to_owned(), reason };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error.to_string())),
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    // The reason names the place only: the text holds secrets.
    let garbled = |error: serde_json::Error| failed(format!("line {} is not what the CLI writes", error.line()));
    serde_json::from_str(&text).map(Some).map_err(garbled)
}

/// The folder in which the CLI keeps its things for this user. `$HOME` alone says where that is, not the user database:
/// a static binary can't ask every service that may hold it.
pub(crate) fn cli_folder() -> Option<PathBuf> {
    match std::env::var_os("DOCKER_CONFIG").filter(|folder| !folder.is_empty()) {
        Some(folder) => Some(PathBuf::from(folder)),
        None => std::env::var_os("HOME").filter(|home| !home.is_empty()).map(|home| Path::new(&home).join(".docker")),
    }
}

/// The host of a name under which a login is kept: old versions of the CLI kept URLs.
fn hostname(name: &str) -> &str {
    let name = name.split_once("://").map_or(name, |(_, rest)| rest);
    name.split('/').next().unwrap_or(name)
}

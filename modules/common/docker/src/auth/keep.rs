//! Keeping logins, and forgetting them: what `docker login` and `docker logout` do to the CLI's configuration.

use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize as _;
use serde_json::{Map, Value, json};

use super::{AuthError, Credentials, HUB, Logins, hostname};
use crate::whole_file::{Access, WholeFile};
use crate::{Engine, Error};

/// A login at a registry, as a user gives it. Debug does not show the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    server: String,
    username: String,
    password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login for {}", self.server)
    }
}

/// What is kept for a registry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// The helper or store that keeps its logins; `None`: the file does.
    pub helper: Option<String>,
    /// The login that the helper has, or without a helper the file.
    pub login: Option<Credentials>,
    /// Whether the file has one, be it garbled.
    pub in_file: bool,
}

impl Login {
    /// A login; `server` is a registry's host and port, or a URL of it.
    pub fn new(server: &str, username: &str, password: &str) -> Login {
        Login { server: key(server), username: username.to_owned(), password: password.to_owned() }
    }
}

impl Credentials {
    /// The user's name; empty for a token.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// Whether this is that login.
    pub fn is(&self, login: &Login) -> bool {
        self.username == login.username && self.password == login.password && self.identitytoken.is_empty()
    }
}

impl Engine {
    /// Asks the registry, by the engine, whether it takes a login. What it says to it.
    ///
    /// # Errors
    /// It does not, or can't be reached.
    pub async fn try_login(&self, login: &Login) -> Result<String, Error> {
        let body = json!({
            "username": login.username,
            "password": login.password,
            "serveraddress": login.server,
        });
        let answer = self.post("/auth", &[], &body).await?;
        Ok(answer.get("Status").and_then(Value::as_str).unwrap_or_default().to_owned())
    }
}

impl Logins {
    /// What is kept for a registry: its host and port, or a URL of it.
    ///
    /// # Errors
    /// A helper can't be run or fails.
    pub fn kept(&self, server: &str) -> Result<Kept, AuthError> {
        let key = key(server);
        let helper = self.helper_for(registry(&key)).cloned();
        let mut in_file = false;
        let mut login = None;
        for (name, entry) in self.file.auths.iter().filter(|(name, _)| is_for(name, &key)) {
            match self.credentials(name, entry) {
                // What is kept under the exact name counts.
                Ok(Some(found)) => {
                    in_file = true;
                    if login.is_none() || *name == key {
                        login = Some(found);
                    }
                }
                Ok(None) => {}
                Err(_) => in_file = true,
            }
        }
        if let Some(name) = &helper {
            login = self.helper(name).get(&key)?;
        }
        Ok(Kept { helper, login, in_file })
    }

    /// Keeps a login, with the helper that is responsible for the registry or in the file.
    ///
    /// # Errors
    /// The helper fails, or the file can't be written.
    pub fn keep(&self, login: &Login) -> Result<(), AuthError> {
        let key = &login.server;
        let entry = match self.helper_for(registry(key)) {
            Some(name) => {
                self.helper(name).store(key, &login.username, &login.password)?;
                // The CLI's sign that a helper has it. A password must not stay behind in the file.
                json!({})
            }
            None => json!({ "auth": STANDARD.encode(format!("{}:{}", login.username, login.password)) }),
        };
        self.edit(key, Some(entry))
    }

    /// Forgets the login for a registry, wherever it is kept.
    ///
    /// # Errors
    /// The helper fails, or the file can't be written.
    pub fn forget(&self, server: &str) -> Result<(), AuthError> {
        let key = key(server);
        let kept = self.kept(server)?;
        if let (Some(name), Some(_)) = (&kept.helper, &kept.login) {
            self.helper(name).erase(&key)?;
        }
        self.edit(&key, None)
    }

    /// Replaces the file's entry for a registry. What else is in the file stays.
    fn edit(&self, key: &str, entry: Option<Value>) -> Result<(), AuthError> {
        let failed = |reason: String| AuthError::Write { path: self.path.clone(), reason };
        // Somebody may have written it meanwhile.
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) if !text.trim().is_empty() => text,
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error.to_string())),
            Ok(_) | Err(_) if entry.is_none() => return Ok(()),
            Ok(_) | Err(_) => "{}".to_owned(),
        };
        let garbled = |line: usize| failed(format!("line {line} is not what the CLI writes"));
        let mut config: Map<String, Value> = serde_json::from_str(&text).map_err(|error| garbled(error.line()))?;
        let auths = config.entry("auths").or_insert_with(|| json!({}));
        if auths.is_null() {
            *auths = json!({});
        }
        let auths = auths.as_object_mut().ok_or_else(|| failed("its `auths` is no map".to_owned()))?;
        let before = auths.clone();
        auths.retain(|name, _| name == key || !is_for(name, key));
        match entry {
            Some(entry) => drop(auths.insert(key.to_owned(), entry)),
            None => drop(auths.shift_remove(key)),
        }
        if *auths == before { Ok(()) } else { write(&self.path, &config).map_err(|error| failed(error.to_string())) }
    }
}

/// Writes the configuration as the CLI does: indented by tabs, for its owner alone.
fn write(path: &Path, config: &Map<String, Value>) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut text = Vec::new();
    let indented = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    config.serialize(&mut serde_json::Serializer::with_formatter(&mut text, indented))?;
    let mut file = WholeFile::create(path, Access::Private)?;
    file.file().write_all(&text)?;
    file.into_place()
}

/// The name under which the CLI keeps a login: the registry's host and port, but for Docker Hub.
fn key(server: &str) -> String {
    match hostname(server) {
        "docker.io" | "index.docker.io" | "registry-1.docker.io" | "" => HUB.to_owned(),
        host => host.to_owned(),
    }
}

/// The registry as names of images have it.
fn registry(key: &str) -> &str {
    if key == HUB { "docker.io" } else { key }
}

/// Whether an entry of the file is for the registry: old versions of the CLI kept URLs.
fn is_for(name: &str, key: &str) -> bool {
    name == key || self::key(name) == key
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn registries_have_one_name_each() {
        for (server, name) in [
            ("https://index.docker.io/v1/", HUB),
            ("docker.io", HUB),
            ("", HUB),
            ("registry.example", "registry.example"),
            ("https://registry.example/v2/", "registry.example"),
            ("http://127.0.0.1:5000", "127.0.0.1:5000"),
        ] {
            assert_eq!(key(server), name);
        }
    }

    #[test]
    fn a_login_is_kept_and_forgotten_and_the_rest_of_the_file_stays() {
        let folder = std::env::temp_dir().join(format!("auth-keep-{}", std::process::id()));
        let path = folder.join("new/config.json");
        let logins = || Logins::of_file(&path).unwrap();
        let login = Login::new("https://h:5000/v2/", "someone", "se:cret");
        logins().forget("h:5000").unwrap();
        assert!(!path.exists());
        logins().keep(&login).unwrap();
        let facts = [&path, &folder.join("new")].map(|path| fs::metadata(path).unwrap().permissions().mode() & 0o777);
        assert_eq!(facts, [0o600, 0o700]);
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "{\n\t\"auths\": {\n\t\t\"h:5000\": {\n\t\t\t\"auth\": \"c29tZW9uZTpzZTpjcmV0\"\n\t\t}\n\t}\n}"
        );
        assert!(logins().kept("http://h:5000").unwrap().login.unwrap().is(&login));
        assert!(logins().for_registry("h:5000").unwrap().unwrap().is(&login));

        let other = r#"{"z": [1], "auths": {"https://h:5000/v1/": {"auth": "!"}, "i": {"auth": "YTpi"}}, "a": null}"#;
        fs::write(&path, other).unwrap();
        let kept = logins().kept("h:5000").unwrap();
        assert_eq!((kept.login, kept.in_file), (None, true));
        logins().keep(&login).unwrap();
        logins().forget("h:5000").unwrap();
        let left: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(left.to_string(), r#"{"z":[1],"auths":{"i":{"auth":"YTpi"}},"a":null}"#);
        assert_eq!(logins().kept("h:5000").unwrap(), Kept::default());
        fs::remove_dir_all(&folder).unwrap();
    }
}

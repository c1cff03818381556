//! Credential helpers: programs that keep logins, `docker-credential-NAME`.
//!
//! Source: the protocol of docker-credential-helpers.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::json;

use super::{AuthError, Credentials};

/// A helper that a configuration names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Helper<'l> {
    /// As the file has it, without `docker-credential-`.
    pub name: &'l str,
    /// The file.
    pub path: &'l Path,
}

impl Helper<'_> {
    /// The login that it keeps for a registry.
    pub fn get(&self, registry: &str) -> Result<Option<Credentials>, AuthError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            username: String,
            secret: String,
        }
        let said = match self.run("get", registry, registry) {
            Ok(said) => said,
            // The protocol has no other sign for "no such login" than this sentence.
            Err(AuthError::Helper { reason, .. }) if reason.contains("credentials not found in native keychain") => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let answer: Answer = serde_json::from_str(&said)
            .map_err(|_| self.failed(registry, "its answer is not what the protocol says".to_owned()))?;
        let mut credentials = Credentials { serveraddress: registry.to_owned(), ..Credentials::default() };
        if answer.username == "<token>" {
            credentials.identitytoken = answer.secret;
        } else {
            credentials.username = answer.username;
            credentials.password = answer.secret;
        }
        Ok(Some(credentials))
    }

    /// The registries that it keeps logins for.
    pub fn list(&self) -> Result<Vec<String>, AuthError> {
        let said = self.run("list", "every registry", "")?;
        Ok(serde_json::from_str::<BTreeMap<String, String>>(&said).unwrap_or_default().into_keys().collect())
    }

    /// Gives it a login to keep.
    pub fn store(&self, registry: &str, username: &str, password: &str) -> Result<(), AuthError> {
        let login = json!({ "ServerURL": registry, "Username": username, "Secret": password });
        self.run("store", registry, &login.to_string()).map(drop)
    }

    /// Takes the login for a registry from it.
    pub fn erase(&self, registry: &str) -> Result<(), AuthError> {
        self.run("erase", registry, registry).map(drop)
    }

    /// Runs it with `input` on standard input; what it writes to standard output.
    fn run(&self, verb: &str, registry: &str, input: &str) -> Result<String, AuthError> {
        let failed = |reason: String| self.failed(registry, reason);
        let mut helper = Command::new(format!("docker-credential-{}", self.name))
            .arg(verb)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(format!("can't start it: {error}")))?;
        if let Some(mut pipe) = helper.stdin.take() {
            // A helper that does not read what it is asked tells so by its answer.
            let _ = pipe.write_all(input.as_bytes());
        }
        let done = helper.wait_with_output().map_err(|error| failed(error.to_string()))?;
        let said = String::from_utf8_lossy(&done.stdout).trim().to_owned();
        if done.status.success() {
            return Ok(said);
        }
        let complaint = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        Err(failed(if said.is_empty() { complaint } else { said }))
    }

    fn failed(&self, registry: &str, reason: String) -> AuthError {
        AuthError::Helper {
            name: self.name.to_owned(),
            path: self.path.to_owned(),
            registry: registry.to_owned(),
            reason,
        }
    }
}

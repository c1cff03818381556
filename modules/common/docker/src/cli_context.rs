//! Contexts of Docker's command line: where `docker context create` notes how an engine is reached.
//!
//! Source: docker/cli, the layout of `~/.docker/contexts`: `meta/ID/meta.json` and `tls/ID/docker/*.pem`, where ID is the
//! SHA-256 of the context's name.

use std::path::PathBuf;

use serde_json::Value;

use crate::sha256::hexadecimal;
use crate::{Connection, Error, auth};

impl Connection {
    /// The same connection, to the engine of the context `name`. The context `default` is the connection itself.
    ///
    /// # Errors
    /// There is no such context, or it can't be read.
    pub fn in_cli_context(mut self, name: &str) -> Result<Connection, Error> {
        if name == "default" {
            return Ok(self);
        }
        let contexts = auth::cli_folder().unwrap_or_default().join("contexts");
        let id = hexadecimal(name.as_bytes());
        let path = contexts.join("meta").join(&id).join("meta.json");
        let failed = |reason: String| Error::CliContext { name: name.to_owned(), path: path.clone(), reason };
        let text = std::fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
        let facts: Value = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        let endpoint = facts.pointer("/Endpoints/docker").ok_or_else(|| failed("it names no engine".to_owned()))?;
        let host = endpoint.get("Host").and_then(Value::as_str).filter(|host| !host.is_empty());
        self.docker_host = host.ok_or_else(|| failed("it names no engine's address".to_owned()))?.to_owned();
        let pem = |file: &str| -> Option<PathBuf> {
            Some(contexts.join("tls").join(&id).join("docker").join(file)).filter(|path| path.exists())
        };
        let unverified = endpoint.get("SkipTLSVerify").and_then(Value::as_bool).unwrap_or(false);
        let (ca, certificate, key) = (pem("ca.pem"), pem("cert.pem"), pem("key.pem"));
        if ca.is_some() || certificate.is_some() || unverified {
            self.tls = true;
            self.validate_certs = !unverified;
        }
        self.ca_path = self.ca_path.or(ca);
        self.client_cert = self.client_cert.or(certificate);
        self.client_key = self.client_key.or(key);
        Ok(self)
    }
}

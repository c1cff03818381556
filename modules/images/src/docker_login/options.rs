//! The options of `docker_login`.

use std::path::PathBuf;

use ansible::{Failure, Secret};
use docker::Login;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub registry_url: String,
    pub username: Option<String>,
    password: Option<Secret>,
    pub reauthorize: bool,
    pub config_path: PathBuf,
    pub state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Present,
    Absent,
}

impl Options {
    /// The login.
    ///
    /// # Errors
    /// A part of it is empty, which no file and no helper can keep.
    pub fn login(&self) -> Result<Login, Failure> {
        let username = self.username.as_deref().unwrap_or_default();
        let password = self.password.as_ref().map(Secret::expose).unwrap_or_default();
        let refuse = |what: &str| Err(Failure::new(format!("{what}; {} would not take it", self.registry_url)));
        if username.is_empty() {
            return refuse("`username` is empty");
        }
        if username.contains(':') {
            return refuse("`username` has a colon, which would end it");
        }
        if password.is_empty() {
            return refuse("`password` is empty");
        }
        Ok(Login::new(&self.registry_url, username, password))
    }
}

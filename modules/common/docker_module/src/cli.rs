//! Docker's command line on the target, for what no API gives: buildx, compose.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;

use ansible::{Failure, Secret};
use serde::Deserialize;
use tokio::process::Command;

/// Where the command is, and how it reaches the engine: the options of the fragment `docker_cli`.
#[derive(Debug, Deserialize)]
pub struct Cli {
    docker_cli: Option<PathBuf>,
    docker_host: Option<String>,
    cli_context: Option<String>,
    tls: bool,
    validate_certs: bool,
    tls_hostname: Option<String>,
    api_version: String,
    ca_path: Option<PathBuf>,
    client_cert: Option<PathBuf>,
    client_key: Option<PathBuf>,
}

/// What a command left behind.
#[derive(Debug)]
pub struct Done {
    /// Whether its exit status was 0.
    pub success: bool,
    /// What it printed.
    pub stdout: String,
    /// What it told beside.
    pub stderr: String,
}

impl Cli {
    /// Runs `docker` with `words` to its end; it ends with us. `environment` is for what must not stand in a list of
    /// processes.
    ///
    /// # Errors
    /// It can't be started.
    pub async fn run(&self, words: &[String], environment: &[(String, Secret)]) -> Result<Done, Failure> {
        let program = self.docker_cli.clone().unwrap_or_else(|| PathBuf::from("docker"));
        let mut child = Command::new(&program);
        child.args(self.connection()).args(words).stdin(Stdio::null()).kill_on_drop(true);
        child.envs(environment.iter().map(|(name, value)| (name, value.expose())));
        if let Some(name) = &self.tls_hostname {
            child.env("DOCKER_TLS_HOSTNAME", name);
        }
        if self.api_version != "auto" {
            child.env("DOCKER_API_VERSION", &self.api_version);
        }
        let done = child
            .output()
            .await
            .map_err(|error| Failure::new(format!("starting {}: {error}; see `docker_cli`", program.display())))?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Done { success: done.status.success(), stdout: text(done.stdout), stderr: text(done.stderr) })
    }

    fn connection(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = Vec::new();
        let mut say = |option: &str, value: Option<OsString>| {
            words.push(option.into());
            words.extend(value);
        };
        match (&self.cli_context, &self.docker_host) {
            (Some(context), _) => say("--context", Some(context.into())),
            (None, Some(host)) => say("--host", Some(host.into())),
            (None, None) => say("--host", Some("unix:///var/run/docker.sock".into())),
        }
        if self.validate_certs {
            say("--tlsverify", None);
        } else if self.tls {
            say("--tls", None);
        }
        for (option, path) in
            [("--tlscacert", &self.ca_path), ("--tlscert", &self.client_cert), ("--tlskey", &self.client_key)]
        {
            if let Some(path) = path {
                say(option, Some(path.into()));
            }
        }
        words
    }
}

//! Docker's command line on the target, for what no API gives: buildx, compose.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use ansible::{Failure, Secret};
use serde::Deserialize;
use tokio::io::AsyncWriteExt;
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
    /// Its exit status; -1 where a signal ended it.
    pub status: i32,
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
        self.start(words, environment, None, None).await
    }

    /// As [`Cli::run`], in a folder, and with something on its standard input.
    ///
    /// # Errors
    /// As [`Cli::run`].
    pub async fn run_in(&self, folder: &Path, words: &[String], input: Option<Vec<u8>>) -> Result<Done, Failure> {
        self.start(words, &[], Some(folder), input).await
    }

    async fn start(
        &self,
        words: &[String],
        environment: &[(String, Secret)],
        folder: Option<&Path>,
        input: Option<Vec<u8>>,
    ) -> Result<Done, Failure> {
        let program = self.docker_cli.clone().unwrap_or_else(|| PathBuf::from("docker"));
        let mut child = Command::new(&program);
        child.args(self.connection()).args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        child.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        if let Some(folder) = folder {
            child.current_dir(folder);
        }
        child.envs(environment.iter().map(|(name, value)| (name, value.expose())));
        if let Some(name) = &self.tls_hostname {
            child.env("DOCKER_TLS_HOSTNAME", name);
        }
        if self.api_version != "auto" {
            child.env("DOCKER_API_VERSION", &self.api_version);
        }
        let failed =
            |error: std::io::Error| Failure::new(format!("starting {}: {error}; see `docker_cli`", program.display()));
        let mut child = child.spawn().map_err(failed)?;
        let stdin = child.stdin.take();
        let feed = async {
            if let (Some(mut stdin), Some(input)) = (stdin, input) {
                // A command that does not read to the end tells so by what it prints.
                let _ = stdin.write_all(&input).await;
            }
        };
        let (done, ()) = tokio::join!(child.wait_with_output(), feed);
        let done = done.map_err(failed)?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let status = done.status.code().unwrap_or(-1);
        Ok(Done { success: done.status.success(), status, stdout: text(done.stdout), stderr: text(done.stderr) })
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

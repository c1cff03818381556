//! Commands in running containers: `POST /containers/{id}/exec`, `/exec/{id}/start`, `GET /exec/{id}/json`.

use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, StartExecOptions, StartExecResults};
use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;

use crate::{Engine, Error, url_path};

/// A command.
#[derive(Debug, Clone, Default)]
pub struct Exec {
    /// The container's name or ID.
    pub container: String,
    /// The command's words.
    pub argv: Vec<String>,
    /// `NAME=value`
    pub env: Vec<String>,
    /// As whom; empty: as the container's own user.
    pub user: Option<String>,
    /// Where; `None`: in the container's own directory.
    pub working_dir: Option<String>,
    /// Whether it gets a terminal; then stdout and stderr are one.
    pub tty: bool,
}

/// What a command left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Executed {
    /// Its exit status.
    pub status: i64,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it told beside.
    pub stderr: Vec<u8>,
}

impl Engine {
    /// Runs a command to its end, with `stdin` for its standard input.
    ///
    /// # Errors
    /// There is no such container ([`Error::is_not_found`]), it does not run or is paused ([`Error::is_conflict`]), or
    /// the connection broke.
    pub async fn exec(&self, exec: &Exec, stdin: Option<&[u8]>) -> Result<Executed, Error> {
        let id = self.create_exec(exec, true, stdin.is_some()).await?;
        let options = StartExecOptions { detach: false, tty: exec.tty, output_capacity: None };
        let mut executed = Executed::default();
        if let StartExecResults::Attached { mut output, mut input } =
            self.write_patiently(|client| client.start_exec(&id, Some(options))).await?
        {
            // Both at once: a command that prints much before it has read all would wait for us for ever.
            let feed = async {
                // One that does not read its input has no need of it.
                let _ = input.write_all(stdin.unwrap_or_default()).await;
                let _ = input.shutdown().await;
            };
            let read = async {
                while let Some(piece) = output.next().await {
                    match piece.map_err(|error| self.told_by_bollard(error))? {
                        LogOutput::StdErr { message } => executed.stderr.extend_from_slice(&message),
                        LogOutput::StdOut { message }
                        | LogOutput::Console { message }
                        | LogOutput::StdIn { message } => executed.stdout.extend_from_slice(&message),
                    }
                }
                Ok::<_, Error>(())
            };
            let ((), read) = tokio::join!(feed, read);
            read?;
        }
        executed.status = self.write(|client| client.inspect_exec(&id)).await?.exit_code.unwrap_or_default();
        Ok(executed)
    }

    /// Starts a command and lets it run. Its ID.
    ///
    /// # Errors
    /// Those of [`Engine::exec`].
    pub async fn exec_detached(&self, exec: &Exec) -> Result<String, Error> {
        let id = self.create_exec(exec, false, false).await?;
        let options = StartExecOptions { detach: true, tty: exec.tty, output_capacity: None };
        self.write_patiently(|client| client.start_exec(&id, Some(options))).await?;
        Ok(id)
    }

    async fn create_exec(&self, exec: &Exec, attach: bool, stdin: bool) -> Result<String, Error> {
        let options = CreateExecOptions {
            attach_stdin: Some(stdin),
            attach_stdout: Some(attach),
            attach_stderr: Some(attach),
            tty: Some(exec.tty),
            env: Some(exec.env.clone()).filter(|env| !env.is_empty()),
            cmd: Some(exec.argv.clone()),
            user: exec.user.clone(),
            working_dir: exec.working_dir.clone(),
            ..CreateExecOptions::default()
        };
        let container = url_path(&exec.container);
        Ok(self.write(|client| client.create_exec(&container, options)).await?.id)
    }
}

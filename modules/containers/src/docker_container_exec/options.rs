//! The options of `docker_container_exec`.

use ansible::Failure;
use docker::Exec;
use docker_module::{Env, split_words};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    container: String,
    argv: Option<Vec<String>>,
    command: Option<String>,
    chdir: Option<String>,
    pub detach: bool,
    user: Option<String>,
    stdin: Option<String>,
    stdin_add_newline: bool,
    strip_empty_ends: bool,
    tty: bool,
    env: Option<Env>,
}

impl Options {
    /// What to run.
    ///
    /// # Errors
    /// `command` can't be split, or `stdin` is for a command that nobody waits for.
    pub fn exec(&self) -> Result<Exec, Failure> {
        if self.detach && self.stdin.is_some() {
            return Err(Failure::new("If detach=true, stdin cannot be provided."));
        }
        let split = |line: &String| split_words(line).map_err(|reason| Failure::new(format!("`command`: {reason}")));
        let argv = match (&self.argv, &self.command) {
            (Some(argv), _) => argv.clone(),
            (None, command) => command.as_ref().map(split).transpose()?.unwrap_or_default(),
        };
        let env = self.env.clone().unwrap_or_default().0;
        Ok(Exec {
            container: self.container.clone(),
            argv,
            env: env.into_iter().map(|(name, value)| format!("{name}={value}")).collect(),
            user: self.user.clone(),
            working_dir: self.chdir.clone(),
            tty: self.tty,
        })
    }

    /// The command's standard input.
    pub fn stdin(&self) -> Option<Vec<u8>> {
        let mut stdin = self.stdin.clone()?.into_bytes();
        if self.stdin_add_newline {
            stdin.push(b'\n');
        }
        Some(stdin)
    }

    /// What the command printed, as the result tells it.
    pub fn text(&self, printed: &[u8]) -> String {
        let text = String::from_utf8_lossy(printed);
        if self.strip_empty_ends { text.trim_end_matches(['\r', '\n']).to_owned() } else { text.into_owned() }
    }
}

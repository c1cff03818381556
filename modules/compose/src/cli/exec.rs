//! A command in a container: the options that `exec` and `run` share.

use ansible::Failure;
use docker_module::{Done, Env, split_words};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Command {
    pub service: String,
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

/// What a command printed, as the result tells it.
#[derive(Debug)]
pub struct Printed {
    pub stdout: String,
    pub stderr: String,
}

impl Command {
    /// The options that both have, in words.
    ///
    /// # Errors
    /// `stdin` is for a command that nobody waits for.
    pub fn options(&self) -> Result<Vec<String>, Failure> {
        if self.detach && self.stdin.is_some() {
            return Err(Failure::new("If detach=true, stdin cannot be provided."));
        }
        let mut words = Vec::new();
        let mut say = |option: &str, value: Option<String>| {
            words.push(option.to_owned());
            words.extend(value);
        };
        if self.detach {
            say("--detach", None);
        }
        if !self.tty {
            say("--no-TTY", None);
        }
        self.user.iter().for_each(|user| say("--user", Some(user.clone())));
        self.chdir.iter().for_each(|folder| say("--workdir", Some(folder.clone())));
        let env = self.env.clone().unwrap_or_default().0;
        env.into_iter().for_each(|(name, value)| say("--env", Some(format!("{name}={value}"))));
        Ok(words)
    }

    /// `--`, the service and the command's own words.
    ///
    /// # Errors
    /// `command` can't be split.
    pub fn words(&self) -> Result<Vec<String>, Failure> {
        let split = |line: &String| split_words(line).map_err(|reason| Failure::new(format!("`command`: {reason}")));
        let argv = match (&self.argv, &self.command) {
            (Some(argv), _) => argv.clone(),
            (None, command) => command.as_ref().map(split).transpose()?.unwrap_or_default(),
        };
        Ok(["--".to_owned(), self.service.clone()].into_iter().chain(argv).collect())
    }

    /// The command's standard input.
    pub fn stdin(&self) -> Option<Vec<u8>> {
        let mut stdin = self.stdin.clone()?.into_bytes();
        if self.stdin_add_newline {
            stdin.push(b'\n');
        }
        Some(stdin)
    }

    pub fn printed(&self, done: &Done) -> Printed {
        let text = |text: &str| match self.strip_empty_ends {
            true => text.trim_end_matches(['\r', '\n']).to_owned(),
            false => text.to_owned(),
        };
        Printed { stdout: text(&done.stdout), stderr: text(&done.stderr) }
    }
}

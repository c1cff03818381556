//! Running a program and reading what it says.

use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Error;

/// What a program printed, and how it ended.
#[derive(Clone, Debug)]
pub struct Output {
    /// The exit status, or minus the signal.
    pub status: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Output {
    /// Its standard output, when it ended well.
    pub(super) fn successful(self, program: &Path) -> Result<String, Error> {
        if self.status == 0 {
            return Ok(self.stdout);
        }
        let command = program.display().to_string();
        Err(Error::Failed { command, status: self.status, said: self.stderr.trim().to_owned() })
    }
}

/// Where a program lies: in `PATH`, or where administrators' programs are, which a user's `PATH` may lack.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/sbin", "/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Runs a program in its own process group, so that it ends its work when ours is ended, and in the C locale.
///
/// # Errors
/// It could not be run at all.
pub fn run_program(program: &Path, words: &[&str], stdin: Option<File>) -> Result<Output, Error> {
    let mut command = Command::new(program);
    command.args(words).env("LC_ALL", "C").process_group(0);
    command.stdin(stdin.map_or_else(Stdio::null, Stdio::from));
    let output = command.output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::Missing { program: program.display().to_string() },
        _ => Error::NotRun { command: program.display().to_string(), why: error.to_string() },
    })?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let status = output.status.code().unwrap_or_else(|| -output.status.signal().unwrap_or(0));
    Ok(Output { status, stdout: text(output.stdout), stderr: text(output.stderr) })
}

//! Programs of the host, run to their end.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use ansible::Failure;
use tokio::process::Command;
use tokio::time::timeout;

/// Where programs of administrators are, when `PATH` (of an ssh session, say) lacks it.
const MORE_PLACES: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// What a program did.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// Its exit status; -1 when a signal ended it.
    pub rc: i32,
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
}

impl Done {
    /// Whether it succeeded.
    pub fn ok(&self) -> bool {
        self.rc == 0
    }

    /// What it said, for a message: its complaint, or what it printed when it had none.
    pub fn said(&self) -> &str {
        match (self.stderr.trim(), self.stdout.trim()) {
            ("", "") => "it said nothing",
            ("", out) => out,
            (complaint, _) => complaint,
        }
    }
}

/// The program's file, looked for as a shell does, and where administrators' programs are.
pub fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|path| is_program(path));
    }
    let path = std::env::var("PATH").unwrap_or_default();
    path.split(':')
        .filter(|folder| folder.starts_with('/'))
        .chain(MORE_PLACES)
        .map(|folder| Path::new(folder).join(program))
        .find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Runs a program in the C locale, with nothing on its standard input. Should the task be ended, it goes on: a package
/// manager must not be killed in the middle of its work.
///
/// # Errors
/// It is not there, or can't be started. That it fails is for the caller to see.
pub async fn run(program: &str, arguments: &[&str]) -> Result<Done, Failure> {
    done(program, arguments, false).await
}

/// As [`run`], for a program that may hang: it is killed when the time is over.
///
/// # Errors
/// As [`run`], and when the time is over.
pub async fn run_within(limit: Duration, program: &str, arguments: &[&str]) -> Result<Done, Failure> {
    match timeout(limit, done(program, arguments, true)).await {
        Ok(done) => done,
        Err(_) => {
            let words = arguments.join(" ");
            Err(Failure::new(format!("`{program} {words}` did not end within {} s", limit.as_secs())))
        }
    }
}

async fn done(program: &str, arguments: &[&str], may_be_killed: bool) -> Result<Done, Failure> {
    let path = find(program).ok_or_else(|| Failure::new(format!("the host has no program `{program}`")))?;
    let output = command(&path, arguments).kill_on_drop(may_be_killed).output().await;
    let output = output.map_err(|error| Failure::new(format!("starting {}: {error}", path.display())))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Done { rc: output.status.code().unwrap_or(-1), stdout: text(&output.stdout), stderr: text(&output.stderr) })
}

fn command(path: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(path);
    // One locale for all that we read; without a pager, colours or questions.
    command.args(arguments).env("LC_ALL", "C.UTF-8").env("LANGUAGE", "C").env("SYSTEMD_PAGER", "").env("NO_COLOR", "1");
    command.stdin(Stdio::null());
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .env("PATH", if path.is_empty() { MORE_PLACES.join(":") } else { format!("{path}:{}", MORE_PLACES.join(":")) });
    command
}

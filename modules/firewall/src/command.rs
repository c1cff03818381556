//! Programs of the host, and their failures as ansible's `run_command` tells them.

use std::fs::File;
use std::path::{Path, PathBuf};

use ansible::Failure;
use netfilter::{Output, find_program, run_program};

/// Finds a program.
///
/// # Errors
/// It is in none of the folders that are looked into.
pub fn find(name: &str) -> Result<PathBuf, Failure> {
    find_program(name)
        .ok_or_else(|| Failure::new(format!("Failed to find required executable \"{name}\" in paths: {}", searched())))
}

/// Where programs are looked for.
fn searched() -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut folders: Vec<&str> = path.split(':').collect();
    for folder in ["/sbin", "/usr/sbin", "/usr/local/sbin"] {
        if !folders.contains(&folder) && Path::new(folder).exists() {
            folders.push(folder);
        }
    }
    folders.join(":")
}

/// Runs a program, whatever it answers.
///
/// # Errors
/// It can't be run at all.
pub fn ask(program: &Path, words: &[String], stdin: Option<File>) -> Result<Output, Failure> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Ok(run_program(program, &words, stdin)?)
}

/// Runs a program.
///
/// # Errors
/// It fails: with what it said.
pub fn run(program: &Path, words: &[String]) -> Result<Output, Failure> {
    let output = ask(program, words, None)?;
    if output.status == 0 { Ok(output) } else { Err(failed(program, words, &output)) }
}

/// The failure of a program, with what it said as message.
pub fn failed(program: &Path, words: &[String], output: &Output) -> Failure {
    Failure::new(output.stderr.trim_end())
        .verbatim()
        .with("cmd", line(program, words))
        .with("rc", output.status)
        .with("stdout", &output.stdout)
        .with("stderr", &output.stderr)
}

/// A command as one line of shell.
fn line(program: &Path, words: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    let quoted = |word: &str| match word {
        "" => "''".to_owned(),
        word if word.chars().all(plain) => word.to_owned(),
        word => format!("'{}'", word.replace('\'', "'\"'\"'")),
    };
    let program = program.display().to_string();
    std::iter::once(program.as_str()).chain(words.iter().map(String::as_str)).map(quoted).collect::<Vec<_>>().join(" ")
}

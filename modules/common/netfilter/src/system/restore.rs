//! Giving a whole input to iptables-restore.

use std::fs::File;
use std::io::{Seek, Write};

use super::{Error, System, program, refusal};
use crate::{Family, Script};

/// What becomes of the input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Commit,
    Test,
}

pub(super) fn run(system: &System, family: Family, script: &Script, how: How) -> Result<(), Error> {
    let program = system.found(family, "-restore")?;
    let command = program.display().to_string();
    let not_run = |error: std::io::Error| Error::NotRun { command: command.clone(), why: error.to_string() };
    // A file, not a pipe: all of it is there, even if this process ends now.
    let memory =
        rustix::fs::memfd_create("rules", rustix::fs::MemfdFlags::CLOEXEC).map_err(|error| not_run(error.into()))?;
    let mut input = File::from(memory);
    input.write_all(script.text.as_bytes()).map_err(not_run)?;
    input.rewind().map_err(not_run)?;
    let wait = format!("--wait={}", system.wait);
    let mut words = vec!["--noflush", wait.as_str()];
    if how == How::Test {
        words.push("--test");
    }
    let output = program::run_program(&program, &words, Some(input))?;
    if output.status == 0 { Ok(()) } else { Err(refusal::of(family, &command, script, &output)) }
}

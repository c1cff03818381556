//! Asynchronous tasks: a binary that gets `_native_async` starts itself a second time and answers at once.
//!
//! Three processes, each this binary: the *starter*, which Ansible runs, hands the arguments to the *keeper* and prints
//! what that answers; the keeper, in a session of its own, starts the *worker*, which runs the module as always, ends
//! it at its limit and keeps its result in a [`Job`]'s file. Nothing is forked, so no thread or runtime is in the way.
//!
//! Source: Ansible's user guide, "Asynchronous actions and polling"; the files are those of `ansible.builtin.async_status`.

mod job;
mod keeper;

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::input::Input;
use crate::{Failure, Outcome};
pub(crate) use job::Job;

/// This program, also when its file has been deleted since, as Ansible's ordinary transfer does. Source: proc(5).
const THIS_PROGRAM: &str = "/proc/self/exe";

/// What the action plugin asks for in `_native_async`.
#[derive(Deserialize)]
struct Asked {
    /// The job's name, as the controller chose it.
    jid: String,
    /// After how many seconds the job is ended.
    limit: u64,
}

/// What a process is to do beside, or instead of, running its module.
pub(crate) enum Part {
    /// Run the module: an ordinary task, or the worker.
    Run,
    /// Print this answer, and no more: the job has been started, or there is no starting it.
    Answer(Result<Outcome, Failure>),
    /// Nothing more: the keeper has answered by itself and done its work.
    Done,
}

/// Finds out which part this process has, and plays it if it is not running the module `module`.
pub(crate) fn play(module: &str, input: &Input) -> Part {
    if input.native.contains_key("keep") {
        return match keeper::keep(module, input) {
            Ok(()) => Part::Done,
            Err(failure) => Part::Answer(Err(failure)),
        };
    }
    match input.native.get("async") {
        None => Part::Run,
        Some(asked) => Part::Answer(start(module, asked, input)),
    }
}

/// The starter: starts the keeper and takes its answer.
fn start(module: &str, asked: &Value, input: &Input) -> Result<Outcome, Failure> {
    Asked::deserialize(asked).map_err(|error| Failure::new(format!("starting the job: `_native_async`: {error}")))?;
    let mut keeper = spawn(&mut this_program(module, Stdio::piped()), &input.with_native("keep", asked))
        .map_err(|error| Failure::new(format!("starting the job: {error}")))?;
    let mut answer = String::new();
    if let Some(stdout) = keeper.stdout.take() {
        BufReader::new(stdout).read_line(&mut answer)?;
    }
    let answer: Map<String, Value> = serde_json::from_str(&answer)
        .map_err(|_| Failure::new("starting the job: the process that was to keep it ended without an answer"))?;
    if answer.get("failed") == Some(&json!(true)) {
        return Err(Failure::from_result(answer));
    }
    Ok(Outcome { result: answer, open_diff: false })
}

/// This binary again, for `module`.
fn this_program(module: &str, stdout: Stdio) -> Command {
    let mut command = Command::new(THIS_PROGRAM);
    command.args([module, "-"]).stdin(Stdio::piped()).stdout(stdout).stderr(Stdio::null());
    command
}

/// Starts a command with `arguments` on its standard input.
fn spawn(command: &mut Command, arguments: &Value) -> io::Result<Child> {
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A child that has ended before it has read everything says so by its answer.
        let _ = stdin.write_all(arguments.to_string().as_bytes());
    }
    Ok(child)
}

//! The keeper of a job: outlives the task, runs the module as a process of its own and keeps the result.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, setsid};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::job::{DIRECTORY, Job};
use super::{Asked, spawn, this_program};
use crate::Failure;
use crate::input::Input;

/// How long a module has to tell what it had done, once its time is over.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Starts the worker, prints the answer of an asynchronous task that has begun, and stays until the worker has ended.
///
/// # Errors
/// Before the answer, so that it becomes the answer: the job could not be begun.
pub(super) fn keep(module: &str, input: &Input) -> Result<(), Failure> {
    let while_starting = |error: io::Error, what: &str| Failure::new(format!("starting the job: {what}: {error}"));
    let kept = input.native.get("keep").cloned().unwrap_or_default();
    let asked = Asked::deserialize(&kept)?;
    let own = std::process::id();
    let environment = input.native_object("environment");
    let directory = environment.get(DIRECTORY).and_then(Value::as_str);
    let job = Job::new(&format!("{}.{own}", asked.jid), directory)?;
    // Away from the terminal and the session that the task came by.
    let _ = setsid();
    let file = job.file();
    let mut output = job.create_output().map_err(|error| while_starting(error, &format!("{}", file.display())))?;
    let worker_output = output.try_clone().map_err(|error| while_starting(error, "its output"))?;
    job.put_running(own).map_err(|error| while_starting(error, &format!("{}", file.display())))?;
    // A process group of its own: the limit ends all of it.
    let mut command = this_program(module, Stdio::from(worker_output));
    let mut worker = spawn(command.process_group(0), &input.with_native("keep", &Value::Null))
        .map_err(|error| while_starting(error, "its process"))?;
    answer(&json!({ "ansible_job_id": job.id, "results_file": file, "started": true, "finished": false }))?;

    let (status, in_time) = wait(&mut worker, Duration::from_secs(asked.limit));
    let mut result = result(&mut output, status);
    if !in_time {
        result.insert("failed".to_owned(), json!(true));
        result.insert("msg".to_owned(), json!(format!("Timeout exceeded: the job was ended after {} s", asked.limit)));
        result.insert("child_pid".to_owned(), json!(worker.id()));
    }
    // Should this fail, the file goes on saying that the job runs, and async_status finds that nobody keeps it.
    let _ = job.put_result(result);
    Ok(())
}

/// Prints the answer and lets go of the standard streams, which would hold the ssh session open.
fn answer(answer: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{answer}")?;
    out.flush()?;
    let null = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    Ok(())
}

/// Waits for the worker to end, and ends it and all that it has started when `limit` is over. Says whether it came in time.
fn wait(worker: &mut Child, limit: Duration) -> (Option<ExitStatus>, bool) {
    let start = Instant::now();
    let ended = |worker: &mut Child, until: Duration| loop {
        match worker.try_wait() {
            Ok(None) if start.elapsed() < until => {
                // Often while the job is young, so that a short one is known soon; seldom later.
                let pause = (start.elapsed() / 20).clamp(Duration::from_millis(10), Duration::from_secs(1));
                sleep(pause.min(until.saturating_sub(start.elapsed())));
            }
            Ok(status) => break status,
            Err(_) => break None,
        }
    };
    if let Some(status) = ended(worker, limit) {
        return (Some(status), true);
    }
    let group = Pid::from_child(worker);
    let _ = kill_process_group(group, Signal::TERM);
    let status = ended(worker, limit + LAST_WORDS);
    let _ = kill_process_group(group, Signal::KILL);
    (status.or_else(|| worker.wait().ok()), false)
}

/// What the worker printed, or why that is no result.
fn result(output: &mut File, status: Option<ExitStatus>) -> Map<String, Value> {
    let mut text = String::new();
    let read = output.rewind().and_then(|()| output.read_to_string(&mut text));
    if let Some(result) = read.ok().and_then(|_| serde_json::from_str(&text).ok()) {
        return result;
    }
    let how = match status {
        Some(status) => match (status.signal(), status.code()) {
            (Some(signal), _) => format!("was ended by signal {signal}"),
            (None, Some(code)) => format!("ended with status {code}"),
            (None, None) => "ended".to_owned(),
        },
        None => "could not be waited for".to_owned(),
    };
    Failure::new(format!("the module's process {how} and left no result")).result
}

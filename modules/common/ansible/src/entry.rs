//! A binary's `main`: finds the module, checks its arguments, runs it, and prints exactly one JSON object.

use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;

use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use crate::call::{Call, Progress};
use crate::check::{About, Checked, check};
use crate::command_line::{Early, find};
use crate::input::Input;
use crate::intact;
use crate::jobs::{self, Part};
use crate::report::{Report, catch_panics, say};
use crate::spec::Spec;
use crate::syslog::Log;
use crate::{Failure, Outcome};

/// What a module's function returns.
pub type Running = Pin<Box<dyn Future<Output = Result<Outcome, Failure>>>>;

/// One Ansible module.
pub struct Module {
    /// Its name, without the collection.
    pub name: &'static str,
    /// Its argument spec as JSON, which `build.rs` made from the sidecar.
    pub spec: &'static str,
    /// The pipeline.
    pub run: fn(Call) -> Running,
}

/// Makes a [`Module`] of the folder that it stands in: `ansible::module!(docker_volume, run)`.
#[macro_export]
macro_rules! module {
    ($name:ident, $run:path) => {
        $crate::Module {
            name: stringify!($name),
            spec: include_str!(concat!(env!("OUT_DIR"), "/", stringify!($name), ".json")),
            run: |call| Box::pin($run(call)),
        }
    };
}

/// What a tool's function returns.
pub type Working = Pin<Box<dyn Future<Output = Result<(), Failure>>>>;

/// A command of a binary that is no module: `containers top`. It prints what it has to say; of a failure the message
/// goes to standard error.
pub struct Tool {
    /// Its name, which no module has.
    pub name: &'static str,
    /// One line for `--help`.
    pub about: &'static str,
    /// Adds its arguments.
    pub arguments: fn(clap::Command) -> clap::Command,
    /// The work.
    pub run: fn(clap::ArgMatches) -> Working,
}

/// A binary: its name, its modules and its tools.
pub struct Domain {
    /// The binary's name.
    pub name: &'static str,
    /// One line for `--help`.
    pub about: &'static str,
    /// Its modules.
    pub modules: &'static [Module],
    /// Its tools.
    pub tools: &'static [Tool],
}

/// The modules that every binary has.
pub(crate) static COMMON: &[Module] = &[crate::module!(async_status, crate::async_status::run)];

/// Runs the binary. It is called in one of five ways: `BINARY MODULE -` (arguments as JSON on standard input),
/// `BINARY MODULE FILE`, `BINARY MODULE [--check] [--diff] key=value…`, `BINARY TOOL …`, and, under a module's own name
/// as Ansible's ordinary transfer does it, `MODULE FILE`.
pub fn main(domain: &Domain) -> ExitCode {
    catch_panics();
    let argv: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    match find(domain, &argv) {
        Ok((module, input)) => begin(module, input),
        Err(Early::Help(text)) if say(&text) => ExitCode::SUCCESS,
        Err(Early::Help(_)) => ExitCode::FAILURE,
        Err(Early::Tool(tool, matches)) => work(tool, matches),
        Err(Early::Misuse(text)) => {
            eprintln!("{text}");
            ExitCode::from(2)
        }
        Err(Early::Failure(failure)) => Report::default().print(Err(failure)),
    }
}

/// Runs the module, unless the binary is damaged or the task is an asynchronous one.
fn begin(module: &Module, input: Input) -> ExitCode {
    if let Err(failure) = intact::check(&input.native_object("crc32")) {
        return Report::default().print(Err(failure));
    }
    match jobs::play(module.name, &input) {
        Part::Run => run(module, input),
        Part::Answer(answer) => Report::default().print(answer),
        Part::Done => ExitCode::SUCCESS,
    }
}

/// Runs a tool. It ends by a signal as any program does.
fn work(tool: &Tool, matches: clap::ArgMatches) -> ExitCode {
    let done = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on((tool.run)(matches)),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}: {}", tool.name, failure.msg());
            ExitCode::FAILURE
        }
    }
}

/// Checks the arguments, runs the module and prints its result.
fn run(module: &Module, input: Input) -> ExitCode {
    let progress = Progress::default();
    let mut report = Report { progress: progress.clone(), ..Report::default() };
    let spec: Spec = match serde_json::from_str(module.spec) {
        Ok(spec) => spec,
        Err(error) => return report.print(Err(Failure::new(format!("the argument spec of {}: {error}", module.name)))),
    };
    input.enter_environment();
    let (check_mode, diff) = (input.flag("check_mode"), input.flag("diff"));
    let inject_invocation = input.internal.get("inject_invocation").and_then(Value::as_bool).unwrap_or(true);
    let name = input.module_name().map_or_else(|| module.name.to_owned(), str::to_owned);
    let no_log_task = input.flag("no_log");
    let about = About { name: &name, ignore_unknown: input.flag("ignore_unknown_opts"), no_log: no_log_task };
    let Checked { params, module_args, no_log, warnings, deprecations, errors } = check(&spec, about, input.params);
    progress.lock().warnings.extend(warnings);
    report.deprecations = deprecations;
    report.secrets = no_log;
    if inject_invocation {
        // What is secret in it goes where all secrets go: Report::print scrubs the whole result.
        report.invocation = Some(json!({ "module_args": module_args }));
    }
    report.watch_for_panics();
    if let Some(msg) = errors.into_iter().next() {
        return report.print(Err(Failure::new(msg)));
    }
    if check_mode && !spec.supports_check_mode {
        let skipped = Outcome::unchanged()
            .with("skipped", true)
            .with("msg", format!("remote module ({name}) does not support check mode"));
        return report.print(Ok(skipped));
    }
    let log = (!no_log_task).then(|| Log { module: module.name.to_owned(), secrets: report.secrets.clone() });
    let call = Call { params, check_mode, diff, log, progress };
    let result = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(until_signal((module.run)(call), &report.progress)),
        Err(error) => Err(error.into()),
    };
    report.print(result)
}

/// The run, or the failure that a signal makes of it.
async fn until_signal(running: Running, progress: &Progress) -> Result<Outcome, Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let name = tokio::select! {
        result = running => return result,
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
        _ = hang_up.recv() => "SIGHUP",
    };
    Err(Failure::new(format!("ended by {name}")).after(&progress.done()))
}

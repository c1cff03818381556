//! A binary's `main`: finds the module, checks its arguments, runs it, and prints exactly one JSON object.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::process::ExitCode;

use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use crate::call::{Call, Progress};
use crate::check::{About, Checked, check};
use crate::input::Input;
use crate::intact;
use crate::jobs::{self, Part};
use crate::report::{Report, catch_panics};
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

/// A binary: its name and its modules.
pub struct Domain {
    /// The binary's name.
    pub name: &'static str,
    /// One line for `--help`.
    pub about: &'static str,
    /// Its modules.
    pub modules: &'static [Module],
}

/// The modules that every binary has.
static COMMON: &[Module] = &[crate::module!(async_status, crate::async_status::run)];

/// Runs the binary. It is called in one of four ways: `BINARY MODULE -` (arguments as JSON on standard input),
/// `BINARY MODULE FILE`, `BINARY MODULE [--check] [--diff] key=value…`, and, under a module's own name as Ansible's
/// ordinary transfer does it, `MODULE FILE`.
pub fn main(domain: &Domain) -> ExitCode {
    catch_panics();
    let argv: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    match find(domain, &argv) {
        Ok((module, input)) => begin(module, input),
        Err(Early::Help(text)) => {
            print!("{text}");
            ExitCode::SUCCESS
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

/// Why no module was run.
enum Early {
    Help(String),
    Failure(Failure),
}

impl From<Failure> for Early {
    fn from(failure: Failure) -> Self {
        Early::Failure(failure)
    }
}

/// Finds the module and its arguments in the command line.
fn find<'d>(domain: &'d Domain, argv: &[String]) -> Result<(&'d Module, Input), Early> {
    let known = |name: &str| domain.modules.iter().chain(COMMON).find(|module| module.name == name);
    let own_name = argv.first().and_then(|path| Path::new(path).file_name()?.to_str()).unwrap_or_default();
    // Ansible's ordinary transfer names the file for the module, sometimes with AnsiballZ_ before and .exe after it.
    let own_name = own_name.trim_start_matches("AnsiballZ_").split('.').next().unwrap_or_default();
    let (module, source) = match (known(own_name), argv) {
        (Some(module), [_, source]) => (Some(module), source.as_str()),
        (None, [_, name, source]) if known(name).is_some() => (known(name), source.as_str()),
        (None, [_, source]) => (None, source.as_str()),
        _ => return from_command_line(domain, argv),
    };
    let input = match source {
        "-" => Input::from_stdin()?,
        path if Path::new(path).is_file() => Input::from_file(path)?,
        _ => return from_command_line(domain, argv),
    };
    let asked = input.module_name().and_then(|fqcn| fqcn.rsplit('.').next()).and_then(known);
    match module.or(asked) {
        Some(module) => Ok((module, input)),
        None => Err(Failure::new(format!("which module? Write: {} MODULE {source}", domain.name)).into()),
    }
}

/// The command line as a person writes it.
fn from_command_line<'d>(domain: &'d Domain, argv: &[String]) -> Result<(&'d Module, Input), Early> {
    let flag = |name: &'static str, help: &'static str| {
        clap::Arg::new(name).long(name).action(clap::ArgAction::SetTrue).help(help)
    };
    let words =
        clap::Arg::new("options").value_name("key=value").num_args(0..).help("the module's options; - or a file: JSON");
    let mut command = clap::Command::new(domain.name)
        .about(domain.about)
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true);
    for module in domain.modules.iter().chain(COMMON) {
        command = command.subcommand(
            clap::Command::new(module.name)
                .about("an Ansible module; `ansible-doc cdgp.docker.NAME` documents it")
                .arg(flag("check", "change nothing, say what would change"))
                .arg(flag("diff", "show the state before and after"))
                .arg(words.clone()),
        );
    }
    let matches = command.try_get_matches_from(argv).map_err(|error| match error.kind() {
        clap::error::ErrorKind::DisplayHelp
        | clap::error::ErrorKind::DisplayVersion
        | clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Early::Help(error.to_string()),
        _ => Early::Failure(Failure::new(error.to_string().trim_end().to_owned())),
    })?;
    let (name, given) = matches.subcommand().ok_or_else(|| Failure::new("which module?"))?;
    let module = domain
        .modules
        .iter()
        .chain(COMMON)
        .find(|module| module.name == name)
        .ok_or_else(|| Failure::new(format!("{name} is not a module of {}", domain.name)))?;
    let words: Vec<String> = given.get_many::<String>("options").unwrap_or_default().cloned().collect();
    let mut input = match words.as_slice() {
        [word] if word == "-" => Input::from_stdin()?,
        [word] if !word.contains('=') && Path::new(word).is_file() => Input::from_file(word)?,
        words => Input::from_words(words)?,
    };
    for (flag, internal) in [("check", "check_mode"), ("diff", "diff")] {
        if given.get_flag(flag) {
            input.internal.insert(internal.to_owned(), true.into());
        }
    }
    Ok((module, input))
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

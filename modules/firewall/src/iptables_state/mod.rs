//! `iptables_state`: rules saved to a file, and restored from it.

mod guard;
mod observe;
mod options;
mod plan;
mod text;

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use ansible::{Call, Failure, Module, Outcome};
use serde_json::{Map, Value, json};

pub use self::guard::TOOL;
use self::observe::{Observed, Programs, observe};
use self::options::{Options, State};
use self::plan::{Action, joined, plan};
use crate::command;

pub const MODULE: Module = ansible::module!(iptables_state, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    match options.state {
        State::Confirmed => guard::confirm(),
        State::Saved => saved(&call, &options).await,
        State::Restored => restored(&call, &options).await,
    }
}

async fn saved(call: &Call, options: &Options) -> Result<Outcome, Failure> {
    let programs = Programs::find(options)?;
    let observed = observe(options, &programs)?;
    let plan = plan(options, &observed)?;
    let apply = async |_: &Action| {
        write(Path::new(&options.path), &joined(&observed.of_table)).map_err(|(what, error)| {
            Failure::new(format!("{what}: {error}")).verbatim().with("initial_state", &observed.of_table)
        })
    };
    let (outcome, _) = call.carry_out(&plan, apply).await?;
    Ok(outcome
        .with("cmd", line(&programs.save, &Programs::saving(options)))
        .with("tables", observed.tables())
        .with("initial_state", &observed.initial_state)
        .with("saved", &observed.of_table))
}

async fn restored(call: &Call, options: &Options) -> Result<Outcome, Failure> {
    let programs = Programs::find(options)?;
    let observed = observe(options, &programs)?;
    let words = Programs::restoring(options);
    test(options, &observed, &programs, &words)?;
    let plan = plan(options, &observed)?;
    warn_of_docker(call, options, &observed);
    let apply = async |action: &Action| match action {
        Action::Save { .. } => Ok(()),
        Action::Arm { seconds } => {
            guard::arm(options, *seconds, &programs.restore, backup(options, &observed, &programs)?)
        }
        Action::Restore { .. } => {
            let output = command::ask(&programs.restore, &words, None)?;
            match output.status {
                0 => Ok(()),
                _ => Err(refused(&observed, &programs, &words, &output, &output.stderr)),
            }
        }
    };
    let (outcome, done) = call.carry_out(&plan, apply).await?;
    let now = |observed: &Observed| observed.of_table.clone();
    let after = if plan.actions.is_empty() {
        // Also in check mode the file counts as what it leaves.
        now(&observed)
    } else if done.is_empty() {
        observed.file_lines()
    } else {
        now(&observe(options, &programs)?)
    };
    let outcome = match done.is_empty() {
        true => outcome,
        false => outcome.changed_if(text::tables(&after) != observed.tables()),
    };
    let told = [
        ("cmd", json!(line(&programs.restore, &words))),
        ("tables", json!(observed.tables())),
        ("initial_state", json!(observed.initial_state)),
        ("restored", json!(after)),
        ("applied", json!(true)),
    ];
    let mut outcome = told.iter().fold(outcome, |outcome, (key, value)| outcome.with(key, value));
    if let (Some(seconds), false) = (options.rollback, done.is_empty()) {
        let mut result: Map<String, Value> = told.map(|(key, value)| (key.to_owned(), value)).into_iter().collect();
        result.insert("changed".to_owned(), json!(outcome.changed()));
        result.insert("actions".to_owned(), json!(plan.sentences()));
        guard::remember(&result)?;
        // For the action plugin, which takes it out of the result.
        let again =
            json!({ "args": { "state": "confirmed", "path": options.path }, "seconds": seconds, "whole": true });
        outcome = outcome.with("_native_confirm", again);
    }
    Ok(outcome)
}

/// Tries the file out, table by table: iptables-nft-restore takes only the first of several seriously (Debian bug 960003).
fn test(options: &Options, observed: &Observed, programs: &Programs, words: &[String]) -> Result<(), Failure> {
    for table in observed.tables().keys() {
        let mut words = words.to_vec();
        words.insert(0, "--test".to_owned());
        words.extend(["--table".to_owned(), table.clone()]);
        let output = command::ask(&programs.restore, &words, None)?;
        if output.status != 0 {
            let name = programs.restore.file_name().unwrap_or_default().to_string_lossy();
            let msg = if output.stderr.contains("Another app is currently holding the xtables lock") {
                output.stderr.clone()
            } else {
                format!("Source {} is not suitable for input to {name}", options.path)
            };
            return Err(refused(observed, programs, &words, &output, &msg));
        }
    }
    Ok(())
}

fn refused(
    observed: &Observed,
    programs: &Programs,
    words: &[String],
    output: &netfilter::Output,
    msg: &str,
) -> Failure {
    Failure::new(msg)
        .verbatim()
        .with("cmd", line(&programs.restore, words))
        .with("rc", output.status)
        .with("stdout", &output.stdout)
        .with("stderr", &output.stderr)
        .with("tables", observed.tables())
        .with("initial_state", &observed.initial_state)
        .with("restored", observed.file_lines())
        .with("applied", false)
}

/// The rules as they are, counters and all, of the tables that the file has; untouched ones too, so that they can be
/// brought back to that.
fn backup(options: &Options, observed: &Observed, programs: &Programs) -> Result<String, Failure> {
    let mut text = command::run(&programs.save, &["--counters".to_owned()])?.stdout;
    for table in observe::tables(options, observed)? {
        if !text.lines().any(|line| line == format!("*{table}")) {
            text.push_str(&joined(&text::untouched(&table, "#")));
        }
    }
    Ok(text)
}

/// Docker's chains go with a plain restore, and published ports with them.
fn warn_of_docker(call: &Call, options: &Options, observed: &Observed) {
    let file = observed.file_lines();
    let docker = |lines: &[String]| lines.iter().any(|line| line.starts_with(":DOCKER "));
    let (there, wanted) = (observed.tables(), text::tables(&file));
    let lost = |table: &&String| there.get(*table).is_some_and(|lines| docker(lines)) && !docker(&wanted[*table]);
    let lost: Vec<&str> = wanted.keys().filter(lost).map(String::as_str).collect();
    if !options.noflush && !lost.is_empty() {
        call.warn(format!(
            "{} lacks Docker's chains of table {}: restoring it takes published ports away until Docker is restarted. Use \
             `noflush`, or the module cdgp.docker.firewall, which leaves them alone",
            options.path,
            lost.join(", ")
        ));
    }
}

/// Writes the file for its owner only, and the folders that it lies in.
fn write(path: &Path, text: &str) -> Result<(), (String, std::io::Error)> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| (format!("Error creating {}", folder.display()), error))?;
    }
    let open = fs::File::options().create(true).truncate(true).write(true).mode(0o600).open(path);
    open.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| (format!("Error saving state into {}", path.display()), error))
}

/// A command, its words joined as community.general tells it.
fn line(program: &Path, words: &[String]) -> String {
    let program = program.display().to_string();
    std::iter::once(&program).chain(words).map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>()]).unwrap();
    }
}

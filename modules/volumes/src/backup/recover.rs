//! Undoes what a run left that did not come to its end: `volumes recover`, by hand, by a timer, or as a run's own watcher.

use std::io::Read;
use std::path::Path;

use ansible::clap::{Arg, ArgAction, ArgMatches, Command};
use ansible::{Failure, Tool};
use docker::{Connection, Engine};

use super::record::{self, Held, Record, Undo};
use super::{rest, swap};

/// Where records are, unless an option says otherwise.
pub const STATE: &str = "/var/lib/cdgp.docker/backup";

pub const TOOL: Tool = Tool {
    name: "recover",
    about: "Undoes what a killed backup or restore left: containers paused or stopped, services scaled down",
    arguments,
    run: |matches| Box::pin(run(matches)),
};

fn arguments(command: Command) -> Command {
    command
        .arg(
            Arg::new("state_directory")
                .long("state-directory")
                .default_value(STATE)
                .help("where the runs keep their records: the module's `state_directory`"),
        )
        .arg(
            Arg::new("watch")
                .long("watch")
                .value_name("RECORD")
                .hide(true)
                .action(ArgAction::Set)
                .help("wait until standard input ends, and undo this record"),
        )
}

async fn run(matches: ArgMatches) -> Result<(), Failure> {
    if let Some(path) = matches.get_one::<String>("watch") {
        return watch(Path::new(path)).await;
    }
    let directory = matches.get_one::<String>("state_directory").map_or(STATE, String::as_str);
    let held = Held::take(Path::new(directory)).await?;
    for (path, record) in held.left().await? {
        for undo in record.undo.iter().rev() {
            println!("{}: {}", record.of, sentence(undo));
        }
        undo_record(&path, record).await?;
    }
    Ok(())
}

/// Outlives the run that started it, whatever ends that, and then undoes what it left.
async fn watch(path: &Path) -> Result<(), Failure> {
    // What ends a whole process group, or a session, is not meant for us.
    let _ = rustix::process::setsid();
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    let mut failed = Ok(());
    // An engine that is just being started again needs its time.
    for attempt in 0..10 {
        let Some(_lock) = record::lock(path)? else { return Ok(()) };
        let Some(record) = record::read(path)? else { return Ok(()) };
        failed = undo_record(path, record).await;
        if failed.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_secs(1 << attempt.min(5))).await;
    }
    failed
}

/// Undoes everything in a record that nobody else works on, and then removes it. What can't be undone stays in it.
///
/// # Errors
/// The first that could not be undone; the others were tried all the same.
pub async fn undo_record(path: &Path, record: Record) -> Result<(), Failure> {
    let Record { of, docker_host, undo } = record;
    let (left, failed) = undo_all(&docker_host, undo).await;
    match failed {
        None => Ok(std::fs::remove_file(path)?),
        Some(failed) => {
            record::write(path, &Record { of, docker_host, undo: left })?;
            Err(failed)
        }
    }
}

/// Undoes, the last first. What could not be undone, and the first reason.
async fn undo_all(docker_host: &str, undo: Vec<Undo>) -> (Vec<Undo>, Option<Failure>) {
    let mut engine = None;
    let (mut left, mut failed) = (Vec::new(), None);
    for one in undo.into_iter().rev() {
        if let Err(failure) = undo_one(&mut engine, docker_host, &one).await {
            failed = failed.or(Some(failure));
            left.insert(0, one);
        }
    }
    (left, failed)
}

/// Undoes one thing; `engine` is connected to where it is needed.
///
/// # Errors
/// It could not be undone.
pub async fn undo_one(engine: &mut Option<Engine>, docker_host: &str, undo: &Undo) -> Result<(), Failure> {
    let failed = |reason: &dyn std::fmt::Display| Failure::new(format!("{}: {reason}", sentence(undo)));
    let on_disk = match undo {
        Undo::RemoveFile { path } => match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
        Undo::RemoveTree { path } => swap::remove(path),
        Undo::FinishSwap { root } => swap::finish_swap(root),
        Undo::Unpause { .. }
        | Undo::Start { .. }
        | Undo::Scale { .. }
        | Undo::Hook { .. }
        | Undo::RemoveVolume { .. } => {
            if engine.is_none() {
                let connection = Connection { docker_host: docker_host.to_owned(), ..Connection::default() };
                *engine = Some(Engine::connect(&connection).await?);
            }
            return match engine {
                Some(engine) => rest::undo(engine, undo).await.map_err(|failure| failed(&failure.msg())),
                None => Ok(()),
            };
        }
    };
    on_disk.map_err(|error| failed(&error))
}

/// What undoing it is, as a sentence.
pub fn sentence(undo: &Undo) -> String {
    match undo {
        Undo::Unpause { name, .. } => format!("unpause container {name}"),
        Undo::Start { name, .. } => format!("start container {name}"),
        Undo::Scale { name, replicas, .. } => format!("scale service {name} to {replicas}"),
        Undo::Hook { container, argv, .. } => format!("run {} in container {container}", argv.join(" ")),
        Undo::RemoveFile { path } => format!("remove the unfinished {}", path.display()),
        Undo::RemoveTree { path } => format!("remove {}", path.display()),
        Undo::RemoveVolume { name } => format!("remove the new volume {name}"),
        Undo::FinishSwap { root } => format!("finish putting a backup into {}", root.display()),
    }
}

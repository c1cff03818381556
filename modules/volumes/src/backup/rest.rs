//! Makes the users of a volume rest, and lets them go on.

use std::time::{Duration, Instant};

use ansible::Failure;
use bollard::query_parameters::{RemoveVolumeOptions, StartContainerOptions, StopContainerOptions};
use docker::{Engine, Error, Exec};
use serde_json::{Value, json};

use super::record::{Journal, Undo};
use super::users::User;

/// Between two looks at something that should happen soon.
const MOMENT: Duration = Duration::from_millis(100);

/// What undoes a pause.
pub fn unpause_of(user: &User) -> Undo {
    Undo::Unpause { id: user.id.clone(), name: user.name.clone() }
}

/// What undoes a stop.
pub fn start_of(user: &User, timeout: Option<i32>) -> Undo {
    let grace = timeout.map_or(user.stop_timeout, i64::from);
    // The engine needs a moment too; one without a limit is not waited for for ever.
    let patience = u64::try_from(grace).unwrap_or(60).min(600) + 5;
    Undo::Start { id: user.id.clone(), name: user.name.clone(), started: user.started.clone(), patience }
}

/// Pauses a container.
///
/// # Errors
/// The engine refuses.
pub async fn pause(engine: &Engine, journal: &Journal, user: &User) -> Result<(), Failure> {
    journal.add(unpause_of(user))?;
    // It may have been paused by somebody else meanwhile, or have ended: in both cases it rests.
    rested(engine.write_patiently(|client| client.pause_container(&user.id)).await)
}

/// Stops a container; `timeout` in seconds, where it is not the container's own.
///
/// # Errors
/// The engine refuses.
pub async fn stop(engine: &Engine, journal: &Journal, user: &User, timeout: Option<i32>) -> Result<(), Failure> {
    journal.add(start_of(user, timeout))?;
    let options = StopContainerOptions { t: timeout, ..StopContainerOptions::default() };
    rested(engine.write_patiently(|client| client.stop_container(&user.id, Some(options))).await)
}

fn rested(answer: Result<(), Error>) -> Result<(), Failure> {
    match answer {
        Err(error) if !error.is_conflict() && !error.is_not_found() => Err(error.into()),
        _ => Ok(()),
    }
}

/// How long a service may take to end its tasks, beside what each of them may take to stop.
const PATIENCE: Duration = Duration::from_secs(300);

/// Scales a service to nothing and waits until no task of it runs here.
///
/// # Errors
/// The engine refuses, or the tasks don't end.
pub async fn scale_down(
    engine: &Engine,
    journal: &Journal,
    (id, name, replicas): (&str, &str, i64),
) -> Result<(), Failure> {
    journal.add(Undo::Scale { id: id.to_owned(), name: name.to_owned(), replicas })?;
    scale(engine, id, 0).await?;
    let filters = json!({ "label": [format!("com.docker.swarm.service.id={id}")], "status": ["running"] }).to_string();
    let begun = Instant::now();
    loop {
        let running = engine.get("/containers/json", &[("filters", &filters)]).await?;
        if running.as_array().is_none_or(Vec::is_empty) {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err(Failure::new(format!("tasks of it still run after {} s", PATIENCE.as_secs())));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn scale(engine: &Engine, id: &str, replicas: i64) -> Result<(), Failure> {
    // Somebody else may change the service at the same moment: then its version is another.
    for last in [false, false, false, true] {
        let Some(service) = engine.service(id).await? else { return Ok(()) };
        let mut spec = service.typed.spec.raw;
        match spec.pointer_mut("/Mode/Replicated") {
            Some(mode) => mode["Replicas"] = replicas.into(),
            None => return Err(Failure::new("it is no service with a number of replicas")),
        }
        match engine.update_service(&service.typed.id, service.typed.version, &spec, None).await {
            Err(error) if !last && error.to_string().contains("out of sequence") => {}
            answer => return answer.map(drop).map_err(Failure::from),
        }
    }
    Ok(())
}

/// Runs a command in a container.
///
/// # Errors
/// It can't be run, or fails: what it said is in the message.
pub async fn run_hook(engine: &Engine, container: &str, argv: &[String], user: Option<&String>) -> Result<(), Failure> {
    let exec = Exec { container: container.to_owned(), argv: argv.to_vec(), user: user.cloned(), ..Exec::default() };
    let done = engine.exec(&exec, None).await?;
    if done.status == 0 {
        return Ok(());
    }
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let said = [said(&done.stderr), said(&done.stdout)].join(" ");
    Err(Failure::new(format!("it ended with status {}: {}", done.status, said.trim())))
}

/// Undoes one thing that concerns the engine.
///
/// # Errors
/// The engine refuses. What is gone needs no undoing.
pub async fn undo(engine: &Engine, undo: &Undo) -> Result<(), Failure> {
    let forgiven = |answer: Result<(), Error>| match answer {
        Err(error) if error.is_not_found() => Ok(()),
        answer => answer.map_err(Failure::from),
    };
    match undo {
        Undo::Unpause { id, .. } => {
            // The engine may be about to pause it still, where the run that asked for it was killed.
            for _ in 0..10 {
                match engine.container(id).await? {
                    Some(container) if container.typed.state.paused => {
                        return forgiven(engine.write_patiently(|client| client.unpause_container(id)).await);
                    }
                    Some(container) if container.typed.state.running => tokio::time::sleep(MOMENT).await,
                    _ => return Ok(()),
                }
            }
            Ok(())
        }
        Undo::Start { id, started, patience, .. } => start_again(engine, id, started, *patience).await,
        Undo::Scale { id, replicas, .. } => scale(engine, id, *replicas).await,
        Undo::Hook { container, argv, user } => match engine.container(container).await? {
            Some(found) if found.typed.state.running => run_hook(engine, container, argv, user.as_ref()).await,
            _ => Ok(()),
        },
        Undo::RemoveVolume { name } => {
            let path = docker::url_path(name);
            forgiven(engine.write(|client| client.remove_volume(&path, None::<RemoveVolumeOptions>)).await)
        }
        Undo::RemoveFile { .. } | Undo::RemoveTree { .. } | Undo::FinishSwap { .. } => Ok(()),
    }
}

/// Starts a container that was stopped. One that still runs since the same moment may be about to stop, where the run that
/// asked for it was killed: it gets its time.
async fn start_again(engine: &Engine, id: &str, since: &str, patience: u64) -> Result<(), Failure> {
    let begun = Instant::now();
    while let Some(container) = engine.container(id).await? {
        if !container.typed.state.running {
            return match engine
                .write_patiently(|client| client.start_container(id, None::<StartContainerOptions>))
                .await
            {
                Err(error) if error.is_not_found() => Ok(()),
                answer => Ok(answer?),
            };
        }
        let same = container.raw.pointer("/State/StartedAt").and_then(Value::as_str) == Some(since);
        if !same || begun.elapsed().as_secs() > patience {
            return Ok(());
        }
        tokio::time::sleep(MOMENT).await;
    }
    Ok(())
}

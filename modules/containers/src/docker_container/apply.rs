//! One engine call for each action.

use ansible::{Call, Failure};
use bollard::query_parameters::{
    KillContainerOptions, RemoveContainerOptions, RenameContainerOptions, RestartContainerOptions,
    StartContainerOptions, StopContainerOptions,
};
use docker::Engine;
use serde_json::{Map, Value, json};

use super::plan::{Action, Create};
use super::wait::{Ended, await_end, await_healthy, await_removed, await_started, await_stopped};

/// How the process ended, where the action waits for that.
pub async fn apply(call: &Call, engine: &Engine, action: &Action) -> Result<Option<Ended>, Failure> {
    match action {
        Action::Create(create) => make(call, engine, create).await?,
        Action::Update { name, body, .. } => {
            let answer = engine.post(&format!("/containers/{name}/update"), &[], body).await?;
            warn(call, &answer);
        }
        Action::Connect { name, network, endpoint } => {
            let body = json!({ "Container": name, "EndpointConfig": endpoint.wire() });
            engine.post(&format!("/networks/{network}/connect"), &[], &body).await?;
        }
        Action::Disconnect { name, network } => {
            engine.post(&format!("/networks/{network}/disconnect"), &[], &json!({ "Container": name })).await?;
        }
        Action::Start { name, to_its_end: false, .. } => {
            engine.write_patiently(|client| client.start_container(name, None::<StartContainerOptions>)).await?;
        }
        Action::Start { name, to_its_end: true, cleanup } => {
            engine.write_patiently(|client| client.start_container(name, None::<StartContainerOptions>)).await?;
            let end = await_end(engine, name).await?;
            if *cleanup {
                remove(engine, name, true, true).await?;
            }
            return Ok(Some(end));
        }
        Action::Stop { name, timeout } => {
            let options = StopContainerOptions { t: seconds(*timeout), ..StopContainerOptions::default() };
            engine.write_patiently(|client| client.stop_container(name, Some(options))).await?;
        }
        Action::Kill { name, signal, grace } => {
            kill(engine, name, signal.clone()).await?;
            if signal.is_some() {
                await_stopped(engine, name, *grace).await?;
            }
        }
        Action::Restart { name, timeout } => {
            let options = RestartContainerOptions { t: seconds(*timeout), ..RestartContainerOptions::default() };
            engine.write_patiently(|client| client.restart_container(name, Some(options))).await?;
        }
        Action::Pause { name } => engine.write(|client| client.pause_container(name)).await?,
        Action::Unpause { name } => engine.write(|client| client.unpause_container(name)).await?,
        Action::Remove { name, volumes, force, timeout } => {
            remove(engine, name, *volumes, *force).await?;
            await_removed(engine, name, *timeout).await?;
        }
        Action::Discard { name, volumes } => {
            remove(engine, name, *volumes, true).await?;
            await_removed(engine, name, None).await?;
        }
        Action::Rename { name, to } => {
            let options = RenameContainerOptions { name: to.clone() };
            engine.write(|client| client.rename_container(name, options)).await?;
        }
        Action::AwaitStarted { name, timeout } => await_started(engine, name, *timeout).await?,
        Action::AwaitHealthy { name, timeout } => await_healthy(engine, name, *timeout).await?,
    }
    Ok(None)
}

/// `POST /containers/create`. The platform is a query there, since API 1.41.
async fn make(call: &Call, engine: &Engine, create: &Create) -> Result<(), Failure> {
    let mut body = create.body.clone();
    body["Image"] = create.image.clone().into();
    if !create.networks.is_empty() {
        let endpoints: Map<String, Value> =
            create.networks.iter().map(|(name, endpoint)| (name.clone(), endpoint.wire())).collect();
        body["NetworkingConfig"] = json!({ "EndpointsConfig": endpoints });
    }
    let mut query = vec![("name", create.name.as_str())];
    query.extend(create.platform.as_deref().map(|platform| ("platform", platform)));
    let answer = engine.post("/containers/create", &query, &body).await?;
    warn(call, &answer);
    Ok(())
}

/// A process that has ended meanwhile needs no signal.
async fn kill(engine: &Engine, name: &str, signal: Option<String>) -> Result<(), Failure> {
    let options = signal.map(|signal| KillContainerOptions { signal });
    match engine.write(|client| client.kill_container(name, options)).await {
        Err(error) if error.is_conflict() && error.to_string().contains("is not running") => Ok(()),
        other => Ok(other?),
    }
}

/// A container that removes itself may be gone, or going, already.
async fn remove(engine: &Engine, name: &str, volumes: bool, force: bool) -> Result<(), Failure> {
    let options = RemoveContainerOptions { v: volumes, force, ..RemoveContainerOptions::default() };
    match engine.write_patiently(|client| client.remove_container(name, Some(options))).await {
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) if error.is_conflict() && error.to_string().contains("already in progress") => Ok(()),
        other => Ok(other?),
    }
}

/// What the engine warns of goes to the user.
fn warn(call: &Call, answer: &Value) {
    for warning in answer["Warnings"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        call.warn(format!("Docker warning: {warning}"));
    }
}

fn seconds(timeout: Option<i64>) -> Option<i32> {
    timeout.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX))
}

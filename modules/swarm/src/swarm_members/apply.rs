//! One engine call for each action, and a wait until the swarm has taken it in.

use std::time::Duration;

use ansible::{Failure, Secret};
use docker::{Engine, Part};
use serde_json::{Value, json};

use super::drain::Drained;
use super::options::{Availability, Deed, Options, Role};
use super::plan::{Change, Listen, What};

/// How long a swarm may take to take something in.
const PATIENCE: u32 = 60;

/// What became known by it, for the plug-in and the result.
pub async fn apply(engine: &Engine, options: &Options, deed: &Deed) -> Result<Value, Failure> {
    match &deed.action.what {
        What::Begin { listen, availability, autolock } => {
            let mut body = listening(listen, *availability);
            body["DefaultAddrPool"] = json!(options.default_addr_pool);
            body["SubnetSize"] = json!(options.subnet_size);
            body["DataPathPort"] = json!(options.data_path_port);
            body["Spec"] = json!({"EncryptionConfig": {"AutoLockManagers": autolock}});
            engine.post("/swarm/init", &[], &docker::without_nulls(&body)).await?;
            part(engine, Part::Manager).await
        }
        What::Unlock { .. } => {
            engine.post("/swarm/unlock", &[], &json!({"UnlockKey": secret(options)?})).await?;
            part(engine, Part::Manager).await
        }
        What::Leave => {
            engine.post("/swarm/leave", &[("force", "true")], &Value::Null).await?;
            part(engine, Part::None).await
        }
        What::Join { role, listen, availability, .. } => {
            let mut body = listening(listen, *availability);
            body["RemoteAddrs"] = json!(deed.remote_addrs);
            body["JoinToken"] = json!(secret(options)?);
            engine.post("/swarm/join", &[], &docker::without_nulls(&body)).await?;
            part(engine, if *role == Role::Manager { Part::Manager } else { Part::Worker }).await
        }
        What::Update { name, id, change } => {
            let id = id.as_ref().or_else(|| deed.ids.get(name));
            let id = id.ok_or_else(|| Failure::new(format!("the ID of the node {name} is not known")))?;
            update(engine, options, id, change).await
        }
        What::Remove { id, .. } => remove(engine, id).await,
        What::Autolock(autolock) => {
            settings(engine, &[], |spec| spec["EncryptionConfig"]["AutoLockManagers"] = json!(autolock)).await
        }
        What::RotateTokens => {
            settings(engine, &[("rotateWorkerToken", "1"), ("rotateManagerToken", "1")], |_| ()).await
        }
        What::RotateCa => {
            let next = |spec: &mut Value| {
                let rotated = spec["CAConfig"]["ForceRotate"].as_u64().unwrap_or_default();
                spec["CAConfig"]["ForceRotate"] = json!(rotated + 1);
            };
            settings(engine, &[], next).await
        }
    }
}

fn secret(options: &Options) -> Result<&str, Failure> {
    let none = || Failure::new("`secret` is missing: the action plug-in hands it over");
    options.secret.as_ref().map(Secret::expose).ok_or_else(none)
}

fn listening(listen: &Listen, availability: Availability) -> Value {
    json!({
        "ListenAddr": listen.listen_addr.as_deref().unwrap_or("0.0.0.0:2377"),
        "AdvertiseAddr": listen.advertise_addr,
        "DataPathAddr": listen.data_path_addr,
        "Availability": availability.word(),
    })
}

/// Waits until the engine has this part; its node's ID.
async fn part(engine: &Engine, wanted: Part) -> Result<Value, Failure> {
    for _ in 0..PATIENCE * 4 {
        let local = engine.local_node().await?;
        if local.part() == wanted {
            return Ok(json!({"id": local.node_id}));
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Err(Failure::new("the engine has not taken its part within a minute; `docker info` there tells why"))
}

async fn update(engine: &Engine, options: &Options, id: &str, change: &Change) -> Result<Value, Failure> {
    let drained = match change.availability {
        Some(Availability::Drain) => Some(Drained::before(engine, id).await?),
        Some(Availability::Active | Availability::Pause) | None => None,
    };
    written(engine, id, change).await?;
    match change.role {
        Some(Role::Manager) => {
            status(engine, id, |node| node.pointer("/ManagerStatus/Reachability") == Some(&json!("reachable"))).await?
        }
        Some(Role::Worker) => status(engine, id, |node| node.get("ManagerStatus").is_none_or(Value::is_null)).await?,
        None => {}
    }
    match drained {
        Some(drained) => Ok(json!({"moved": drained.gone(engine, options.drain_timeout).await?})),
        None => Ok(json!({})),
    }
}

/// Sends the node's own specification back, changed; again where somebody else was quicker.
async fn written(engine: &Engine, id: &str, change: &Change) -> Result<(), Failure> {
    let mut tries = 0;
    loop {
        let node = engine.get(&format!("/nodes/{id}"), &[]).await?;
        let mut spec = node["Spec"].clone();
        if let Some(role) = change.role {
            spec["Role"] = role.word().into();
        }
        if let Some(availability) = change.availability {
            spec["Availability"] = availability.word().into();
        }
        if let Some(labels) = &change.labels {
            spec["Labels"] = json!(labels);
        }
        let version = node["Version"]["Index"].to_string();
        match engine.post(&format!("/nodes/{id}/update"), &[("version", &version)], &spec).await {
            Err(docker::Error::Api { message, .. }) if tries < 5 && message.contains("out of sequence") => tries += 1,
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(()),
        }
    }
}

/// Waits until the swarm says so of a node.
async fn status(engine: &Engine, id: &str, is_so: impl Fn(&Value) -> bool) -> Result<(), Failure> {
    for _ in 0..PATIENCE * 4 {
        if is_so(&engine.get(&format!("/nodes/{id}"), &[]).await?) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Err(Failure::new(
        "the swarm has not taken the node's new role in within a minute; `docker node ls` tells its state",
    ))
}

/// A node goes whether it is up or not: its tasks are gone, or it is.
async fn remove(engine: &Engine, id: &str) -> Result<Value, Failure> {
    engine
        .write(|client| client.delete_node(id, Some(bollard::query_parameters::DeleteNodeOptions { force: true })))
        .await?;
    Ok(json!({}))
}

async fn settings(engine: &Engine, query: &[(&str, &str)], set: impl Fn(&mut Value)) -> Result<Value, Failure> {
    let mut tries = 0;
    loop {
        let swarm = engine.get("/swarm", &[]).await?;
        let mut spec = swarm["Spec"].clone();
        set(&mut spec);
        let version = swarm["Version"]["Index"].to_string();
        let query: Vec<(&str, &str)> = query.iter().copied().chain([("version", version.as_str())]).collect();
        match engine.post("/swarm/update", &query, &spec).await {
            Err(docker::Error::Api { message, .. }) if tries < 5 && message.contains("out of sequence") => tries += 1,
            Err(error) => return Err(error.into()),
            Ok(_) => return Ok(json!({})),
        }
    }
}

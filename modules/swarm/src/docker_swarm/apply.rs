//! One engine call for each action.

use std::time::Duration;

use ansible::{Failure, Secret};
use bollard::models::SwarmJoinRequest;
use bollard::query_parameters::{DeleteNodeOptions, LeaveSwarmOptions};
use docker::{Engine, Part};
use serde_json::{Value, json};

use super::plan::{Action, Listen};

pub async fn apply(engine: &Engine, action: &Action) -> Result<(), Failure> {
    match action {
        Action::Init(init) => {
            let Listen { listen_addr, advertise_addr, data_path_addr } = &init.listen;
            let body = json!({
                "ListenAddr": listen_addr,
                "AdvertiseAddr": advertise_addr,
                "DataPathAddr": data_path_addr,
                "DataPathPort": init.data_path_port,
                "DefaultAddrPool": init.default_addr_pool,
                "SubnetSize": init.subnet_size,
                "ForceNewCluster": init.force,
                "Spec": with_key(&init.spec, init.signing_ca_key.as_ref()),
            });
            engine.post("/swarm/init", &[], &docker::without_nulls(&body)).await?;
        }
        Action::Update(update) => {
            let version = update.version.to_string();
            let rotate = |rotate: bool| if rotate { "1" } else { "0" };
            let query = [
                ("version", version.as_str()),
                ("rotateWorkerToken", rotate(update.rotate_worker_token)),
                ("rotateManagerToken", rotate(update.rotate_manager_token)),
            ];
            let body = with_key(&update.spec, update.signing_ca_key.as_ref());
            engine.post("/swarm/update", &query, &body).await?;
        }
        Action::Join(join) => {
            let Listen { listen_addr, advertise_addr, data_path_addr } = join.listen.clone();
            let request = SwarmJoinRequest {
                listen_addr: Some(listen_addr),
                advertise_addr,
                data_path_addr,
                remote_addrs: Some(join.remote_addrs.clone()),
                join_token: join.join_token.as_ref().map(|token| token.expose().to_owned()),
            };
            engine.write(|client| client.join_swarm(request)).await?;
        }
        Action::Leave { force } => {
            let options = LeaveSwarmOptions { force: *force };
            engine.write_patiently(|client| client.leave_swarm(Some(options))).await?;
            left(engine).await?;
        }
        Action::RemoveNode { id, force } => {
            let options = DeleteNodeOptions { force: *force };
            engine.write(|client| client.delete_node(id, Some(options))).await?;
        }
    }
    Ok(())
}

/// Waits until the engine has put the swarm behind it, so that the next task does not meet half of it.
async fn left(engine: &Engine) -> Result<(), Failure> {
    for _ in 0..40 {
        if engine.local_node().await?.part() == Part::None {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Err(Failure::new("after ten seconds the engine is still in a swarm; see `docker info`"))
}

/// The specification with the key of the authority, where its certificate is written too.
fn with_key(spec: &Value, key: Option<&Secret>) -> Value {
    let mut spec = spec.clone();
    if let (Some(key), Some(Value::Object(authority))) = (key, spec.get_mut("CAConfig"))
        && authority.contains_key("SigningCACert")
    {
        authority.insert("SigningCAKey".to_owned(), key.expose().into());
    }
    spec
}

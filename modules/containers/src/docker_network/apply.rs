//! One engine call for each action.

use std::time::Duration;

use ansible::{Call, Failure};
use bollard::models::{
    ConfigReference, Ipam, IpamConfig, NetworkConnectRequest, NetworkCreateRequest, NetworkDisconnectRequest,
};
use docker::{Engine, Network, Pool, url_path};

use super::plan::Action;

pub async fn apply(call: &Call, engine: &Engine, action: &Action) -> Result<(), Failure> {
    match action {
        Action::Connect { container, network } => {
            let path = url_path(network);
            let request = NetworkConnectRequest { container: container.clone(), endpoint_config: None };
            engine.write(|client| client.connect_network(&path, request)).await?;
        }
        Action::Create(network) => {
            let created = engine.write(|client| client.create_network(request(network))).await?;
            if !created.warning.is_empty() {
                call.warn(format!("Docker warning: {}", created.warning));
            }
        }
        Action::Disconnect { container, network } => {
            let path = url_path(network);
            // By force: an endpoint whose container is gone keeps a network from being removed too.
            let request = NetworkDisconnectRequest { container: container.clone(), force: Some(true) };
            engine.write(|client| client.disconnect_network(&path, request)).await?;
        }
        Action::Remove { network } => {
            let path = url_path(network);
            engine.write(|client| client.remove_network(&path)).await?;
            gone(engine, network).await?;
        }
    }
    Ok(())
}

/// Waits until the engine no longer finds the network: a swarm removes it a moment after it has said so.
async fn gone(engine: &Engine, name: &str) -> Result<(), Failure> {
    for _ in 0..600 {
        if engine.network(name).await?.is_none_or(|network| network.typed.name != name) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(Failure::new("the engine still has it after a minute; `docker network inspect --verbose` shows what uses it"))
}

fn request(network: &Network) -> NetworkCreateRequest {
    let config_from = network.config_from.clone().filter(|name| !name.is_empty());
    NetworkCreateRequest {
        name: network.name.clone(),
        driver: Some(network.driver.clone()),
        options: Some(network.driver_options.clone().into_iter().collect()),
        labels: Some(network.labels.clone().into_iter().collect()),
        enable_ipv4: network.enable_ipv4,
        enable_ipv6: network.enable_ipv6,
        internal: network.internal,
        attachable: network.attachable,
        ingress: network.ingress,
        scope: network.scope.clone(),
        config_only: network.config_only,
        config_from: config_from.map(|name| ConfigReference { network: Some(name) }),
        ipam: ipam(network),
    }
}

/// `None` when the user said nothing of it: the engine refuses it beside `config_from`.
fn ipam(network: &Network) -> Option<Ipam> {
    let options = network.ipam_driver_options.clone().filter(|options| !options.is_empty());
    (network.ipam_driver.is_some() || options.is_some() || !network.ipam_config.is_empty()).then(|| Ipam {
        driver: network.ipam_driver.clone(),
        config: Some(network.ipam_config.iter().map(ipam_config).collect()),
        options: options.map(|options| options.into_iter().collect()),
    })
}

fn ipam_config(pool: &Pool) -> IpamConfig {
    let aux_addresses = pool.aux_addresses.iter().map(|(host, address)| (host.clone(), address.to_string()));
    IpamConfig {
        subnet: pool.subnet.as_ref().map(ToString::to_string),
        ip_range: pool.iprange.as_ref().map(ToString::to_string),
        gateway: pool.gateway.as_ref().map(ToString::to_string),
        auxiliary_addresses: (!pool.aux_addresses.is_empty()).then(|| aux_addresses.collect()),
    }
}

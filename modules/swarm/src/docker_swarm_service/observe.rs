//! What there is before `docker_swarm_service` plans: the service, and the IDs and digests of what it names.

use std::collections::BTreeMap;

use ansible::Failure;
use docker::{ContentKind, Credentials, Engine, ImageName, Network};

use super::options::{Options, State};
use super::plan::Observed;

pub async fn observe(engine: &Engine, options: &Options) -> Result<Observed, Failure> {
    let name = &options.name;
    if name.is_empty() {
        return Err(Failure::new("`name` is empty: give the service's name"));
    }
    let failed = |error| Failure::new(format!("Error looking for service named {name}: {error}"));
    let service = engine.service(name).await.map_err(failed)?.map(|service| service.typed);
    if options.state == State::Absent {
        return Ok(Observed { service, ..Observed::default() });
    }
    // One that is named by its ID would else become another one of that name.
    if let Some(service) = service.as_ref().filter(|service| service.spec.typed.name != *name) {
        let known = &service.spec.typed.name;
        return Err(Failure::new(format!("`name`: {name} is the ID of service {known}; give its name")));
    }
    let configs = options.configs.iter().flatten().filter(|config| config.config_id.is_none());
    let secrets = options.secrets.iter().flatten().filter(|secret| secret.secret_id.is_none());
    Ok(Observed {
        service,
        image: image(engine, options).await?,
        networks: networks(engine, options).await?,
        configs: ids(engine, ContentKind::Config, configs.map(|config| config.config_name.as_str()).collect()).await?,
        secrets: ids(engine, ContentKind::Secret, secrets.map(|secret| secret.secret_name.as_str()).collect()).await?,
    })
}

/// What the registry has under the image's name now.
async fn image(engine: &Engine, options: &Options) -> Result<Option<String>, Failure> {
    let Some(image) = options.image.as_ref().filter(|image| options.resolve_image && !image.is_empty()) else {
        return Ok(None);
    };
    let name = ImageName::parse(image).or_tag("latest");
    if name.digest.is_some() {
        return Ok(None);
    }
    let failed = |error: Failure| Failure::new(format!("Error looking for an image named {image}: {}", error.msg()));
    let login = Credentials::for_image(&name).map_err(|error| failed(error.into()))?;
    let digest = engine.digest_at_registry(&name, login.as_ref()).await.map_err(|error| failed(error.into()))?;
    Ok(Some(format!("{name}@{digest}")))
}

/// The IDs of the engine's networks, by name. One request, however many are named.
async fn networks(engine: &Engine, options: &Options) -> Result<BTreeMap<String, String>, Failure> {
    if options.networks.as_ref().is_none_or(Vec::is_empty) {
        return Ok(BTreeMap::new());
    }
    let list = docker::typed_list::<Network>(&engine.get("/networks", &[]).await?, "the list of networks")?;
    Ok(list.into_iter().map(|network| (network.name, network.id)).collect())
}

/// The IDs of the secrets or configs of these names.
async fn ids(engine: &Engine, kind: ContentKind, names: Vec<&str>) -> Result<BTreeMap<String, String>, Failure> {
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = engine.contents(kind, &names).await?.into_iter().map(|content| content.typed);
    let ids: BTreeMap<String, String> = found.map(|content| (content.spec.name, content.id)).collect();
    match names.iter().find(|name| !ids.contains_key(**name)) {
        Some(name) => Err(Failure::new(format!("Could not find a {kind} named \"{name}\""))),
        None => Ok(ids),
    }
}

//! What there is of a stack, and of what it refers to. A handful of lists, however many services there are.

use std::collections::BTreeMap;

use ansible::{Call, Failure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use compose_file::{IMAGE, NAMESPACE, ObjectSpec, Stack};
use docker::{ContentKind, Credentials, Engine, Error, ImageName, RegistryImage, typed, typed_list};
use serde::Deserialize;
use serde_json::json;

use super::options::{Options, ResolveImage};
use super::plan::{Network, Object, Objects, Observed, Service};

/// Reads; changes nothing.
pub async fn observe(
    call: &Call,
    engine: &Engine,
    options: &Options,
    stack: Option<&Stack>,
) -> Result<Observed, Failure> {
    let services = services(engine, &options.name).await?;
    let mut observed = Observed {
        networks: networks(engine, &options.name, &services).await?,
        services,
        secrets: objects(engine, ContentKind::Secret, stack.map(|stack| &stack.secrets)).await?,
        configs: objects(engine, ContentKind::Config, stack.map(|stack| &stack.configs)).await?,
        images: BTreeMap::new(),
    };
    if let Some(stack) = stack {
        observed.images = images(call, engine, options, stack, &observed.services).await?;
    }
    Ok(observed)
}

/// The filter that `docker stack` finds a stack's objects by.
pub fn of_stack(name: &str) -> String {
    json!({ "label": [format!("{NAMESPACE}={name}")] }).to_string()
}

/// The stack's services, by name.
pub async fn services(engine: &Engine, stack: &str) -> Result<BTreeMap<String, Service>, Failure> {
    let list = engine.get("/services", &[("filters", &of_stack(stack))]).await?;
    let services: Vec<Service> = typed_list(&list, "the list of services")?;
    Ok(services.into_iter().map(|service| (service.name().to_owned(), service)).collect())
}

/// All networks, by name: services name external ones, and the engine tells of each network of a service its ID only.
async fn networks(
    engine: &Engine,
    stack: &str,
    services: &BTreeMap<String, Service>,
) -> Result<BTreeMap<String, Network>, Failure> {
    let mut networks: Vec<Network> = typed_list(&engine.get("/networks", &[]).await?, "the list of networks")?;
    for id in services.values().flat_map(Service::networks) {
        if networks.iter().any(|network| network.id == id) {
            continue;
        }
        // What the swarm has for `host` and `bridge` of each node is in no list.
        if let Some(network) = engine.get_optional(&format!("/networks/{id}"), &[]).await? {
            networks.extend([typed::<Network>(&network, "network")?]);
        }
    }
    let mut by_name: BTreeMap<String, Network> = BTreeMap::new();
    for network in networks {
        // A node lists a network that the swarm has no more, until its last task there has ended.
        let own = network.is_of(stack);
        if own && engine.get_optional(&format!("/networks/{}", network.id), &[]).await?.is_none() {
            continue;
        }
        // Of two with one name, the swarm's is the one that a service can join.
        let better = by_name.get(&network.name).is_none_or(|there| there.scope != "swarm");
        if better {
            by_name.insert(network.name.clone(), network);
        }
    }
    Ok(by_name)
}

async fn objects(
    engine: &Engine,
    kind: ContentKind,
    wanted: Option<&BTreeMap<String, ObjectSpec>>,
) -> Result<Objects, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Listed {
        #[serde(rename = "ID")]
        id: String,
        version: docker::ObjectVersion,
        spec: Spec,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Spec {
        name: String,
        #[serde(default)]
        labels: BTreeMap<String, String>,
        #[serde(default)]
        data: String,
    }
    let listed: Vec<Listed> =
        typed_list(&engine.get(&format!("/{kind}s"), &[]).await?, &format!("the list of {kind}s"))?;
    let mut objects = Objects::new();
    for Listed { id, version, spec } in listed {
        let content = wanted.and_then(|wanted| wanted.get(&spec.name)?.content.as_ref());
        let altered = match (content, kind) {
            (None, _) => false,
            (Some(content), ContentKind::Config) => STANDARD.encode(&content.0) != spec.data,
            (Some(content), ContentKind::Secret) => differs(engine, &id, &spec.name, &content.0).await?,
        };
        objects.insert(spec.name, Object { id, version, labels: spec.labels, altered });
    }
    Ok(objects)
}

/// Whether a secret's content, which no manager tells, is another than `content`.
///
/// An update of a version that never was is refused in any case. But the swarm compares the content first: it says that
/// only labels can be updated when it differs, and that the version is out of sequence when it does not. Nothing changes.
/// Source: swarmkit, `manager/controlapi/secret.go`.
async fn differs(engine: &Engine, id: &str, name: &str, content: &[u8]) -> Result<bool, Failure> {
    let body = json!({ "Name": name, "Data": STANDARD.encode(content) });
    match engine.post(&format!("/secrets/{id}/update"), &[("version", "0")], &body).await {
        Err(Error::Api { message, .. }) if message.contains("out of sequence") => Ok(false),
        Err(Error::Api { message, .. }) if message.contains("only updates to Labels are allowed") => Ok(true),
        Err(error) => Err(error.into()),
        Ok(_) => Err(Failure::new(format!("secret {name}: the swarm took an update of version 0"))),
    }
}

/// What the images' names stand for at their registries. Each is asked once; one that does not answer is a warning, as
/// with Docker's own command.
async fn images(
    call: &Call,
    engine: &Engine,
    options: &Options,
    stack: &Stack,
    services: &BTreeMap<String, Service>,
) -> Result<BTreeMap<String, RegistryImage>, Failure> {
    let mut images = BTreeMap::new();
    let mut silent = Vec::new();
    for (name, spec) in &stack.services {
        let image = super::plan::image(spec);
        let unchanged = services.get(name).is_some_and(|service| service.label(IMAGE) == Some(image));
        let asks = match options.resolve() {
            ResolveImage::Always => true,
            ResolveImage::Changed => !unchanged,
            ResolveImage::Never => false,
        };
        if !asks || images.contains_key(image) || silent.contains(&image) || ImageName::is_id(image) {
            continue;
        }
        let parsed = ImageName::parse(image).or_tag("latest");
        let login = if options.with_registry_auth { Credentials::for_image(&parsed)? } else { None };
        match engine.image_at_registry(&parsed, login.as_ref()).await {
            Ok(found) => {
                images.insert(image.to_owned(), found);
            }
            Err(error @ Error::Api { .. }) => {
                silent.push(image);
                call.warn(format!(
                    "image {image} could not be accessed on a registry to record its digest: each node will access it \
                     independently, possibly leading to different nodes running different versions of the image. {error}"
                ));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(images)
}

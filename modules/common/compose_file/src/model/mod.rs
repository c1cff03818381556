//! What a compose file says, typed: the part of the format that a swarm has.

mod deploy;
mod elsewhere;
mod environment;
mod health;
mod mount;
mod network;
mod object;
mod port;
mod service;
mod volume;

use std::collections::BTreeMap;

pub use deploy::{Deploy, GenericResource, Limits, Mode, Placement, Reservations, RestartPolicy, UpdateConfig};
pub use health::HealthCheck;
pub use mount::{Mount, MountKind};
pub use network::{Attachment, IpamPool, Network};
pub use object::{Content, Object, ObjectReference, ObjectSource};
pub use port::Port;
pub use service::{CredentialSpec, Logging, Service, Ulimit};
pub use volume::Volume;

pub(crate) use mount::short as short_mount;
pub(crate) use port::short as short_port;

use crate::fields::Item;
use crate::load::Context;
use crate::{Error, Place};

/// All files of a stack, read, merged and filled in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Project {
    /// The services, by their names in the file.
    pub services: BTreeMap<String, Service>,
    /// The networks that are defined; `default` only when it is.
    pub networks: BTreeMap<String, Network>,
    /// The volumes that are defined.
    pub volumes: BTreeMap<String, Volume>,
    /// The secrets that are defined.
    pub secrets: BTreeMap<String, Object>,
    /// The configs that are defined.
    pub configs: BTreeMap<String, Object>,
}

/// Keys of the file as a whole that a stack does not have, and what to do instead.
const HINTS: &[(&str, &str)] = &[("include", "give the files as a list"), ("models", "a swarm has no models")];

/// The names that services may refer to.
pub(crate) struct Known<'a> {
    pub networks: &'a BTreeMap<String, Network>,
    pub volumes: &'a BTreeMap<String, Volume>,
    pub secrets: &'a BTreeMap<String, Object>,
    pub configs: &'a BTreeMap<String, Object>,
}

impl Project {
    pub(crate) fn read(root: &Item<'_>, context: &mut Context<'_>) -> Result<Project, Error> {
        let mut fields = root.fields()?;
        if let Some(version) = fields.take("version") {
            supported(&version)?;
        }
        if let Some(name) = fields.take("name") {
            name.text()?;
        }
        let (services, networks, volumes, secrets, configs) = (
            fields.take("services"),
            fields.take("networks"),
            fields.take("volumes"),
            fields.take("secrets"),
            fields.take("configs"),
        );
        let no_services = fields.error("there is no service: define one under `services`");
        fields.end(HINTS)?;
        let networks = section(networks, context, Network::read)?;
        let volumes = section(volumes, context, Volume::read)?;
        let secrets = section(secrets, context, Object::read_secret)?;
        let configs = section(configs, context, Object::read_config)?;
        let known = Known { networks: &networks, volumes: &volumes, secrets: &secrets, configs: &configs };
        let services = section(services, context, |item, context| Service::read(item, &known, context))?;
        if services.is_empty() {
            return Err(no_services);
        }
        let joined = |network: &String| services.values().any(|service| service.networks.contains_key(network));
        for (name, network) in &networks {
            if name != "default" && !network.external && !joined(name) {
                context.warn(&root.node.place, &format!("networks.{name}"), "no service is in it: it is not created");
            }
        }
        Ok(Project { services, networks, volumes, secrets, configs })
    }
}

/// The named things of one section.
fn section<'a, T>(
    section: Option<Item<'a>>,
    context: &mut Context<'_>,
    mut read: impl FnMut(&Item<'a>, &mut Context<'_>) -> Result<T, Error>,
) -> Result<BTreeMap<String, T>, Error> {
    let entries = section.as_ref().map(Item::entries).transpose()?.unwrap_or_default();
    entries
        .into_iter()
        .filter(|(name, _)| !name.starts_with("x-"))
        .map(|(name, item)| {
            let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
            if name.is_empty() || !name.chars().all(fits) {
                return Err(item.error("a name has letters, digits, dots, underscores and dashes"));
            }
            Ok((name.to_owned(), read(&item, context)?))
        })
        .collect()
}

/// `docker stack` reads versions 3 to 3.13; today's files have none.
fn supported(version: &Item<'_>) -> Result<(), Error> {
    let text = version.text()?;
    let minor = match text.strip_prefix('3') {
        Some("") => Some(0),
        Some(rest) => rest.strip_prefix('.').and_then(|minor| minor.parse::<u32>().ok()),
        None => None,
    };
    match minor {
        Some(0..=13) => Ok(()),
        _ => Err(version.error(format!(
            "unsupported Compose file version: {text}: a stack's file is of version 3 to 3.13, or says none"
        ))),
    }
}

/// `external: true`, or its older form with a name in it; the name if it has one.
pub(crate) fn external(item: Option<Item<'_>>) -> Result<Option<Option<String>>, Error> {
    let Some(item) = item else { return Ok(None) };
    if item.node.map().is_none() {
        return Ok(item.boolean()?.then_some(None));
    }
    let mut fields = item.fields()?;
    let name = fields.read("name", Item::text)?;
    fields.end(&[])?;
    Ok(Some(name))
}

/// The name to use where both `name` and the older `external.name` may stand.
pub(crate) fn one_name(
    name: Option<String>,
    external: Option<Option<String>>,
    key: &str,
    place: &Place,
    path: &str,
) -> Result<(Option<String>, bool), Error> {
    match (name, external) {
        (Some(_), Some(Some(_))) => Err(Error::of(place, path, "external.name and name conflict; only use name")),
        (None, Some(name)) => Ok((Some(name.unwrap_or_else(|| key.to_owned())), true)),
        (name, external) => Ok((name, external.is_some())),
    }
}

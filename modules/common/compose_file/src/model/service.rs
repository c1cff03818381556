//! A service: everything but `deploy`.

use std::collections::BTreeMap;

use crate::Error;
use crate::fields::{Fields, Item};
use crate::load::Context;
use crate::model::elsewhere::{HINTS, IGNORED};
use crate::model::environment::environment;
use crate::model::{Attachment, Deploy, HealthCheck, Known, Mount, ObjectReference, Port, RestartPolicy};

/// A service of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Service {
    /// The image's name.
    pub image: String,
    /// In place of the image's command; empty for that.
    pub command: Vec<String>,
    /// In place of the image's entry point; empty for that.
    pub entrypoint: Vec<String>,
    /// Variables; one without a value is taken out of what the image has.
    pub environment: BTreeMap<String, Option<String>>,
    /// The containers' labels.
    pub labels: BTreeMap<String, String>,
    /// Capabilities to add.
    pub cap_add: Vec<String>,
    /// Capabilities to drop.
    pub cap_drop: Vec<String>,
    /// The configs that it uses.
    pub configs: Vec<ObjectReference>,
    /// The secrets that it uses.
    pub secrets: Vec<ObjectReference>,
    /// The account of a Windows service.
    pub credential_spec: Option<CredentialSpec>,
    /// `deploy`.
    pub deploy: Deploy,
    /// Name servers.
    pub dns: Vec<String>,
    /// Options of the resolver.
    pub dns_opt: Vec<String>,
    /// Domains to search.
    pub dns_search: Vec<String>,
    /// Hosts and their addresses, in the order of the file.
    pub extra_hosts: Vec<(String, String)>,
    /// More groups of the user.
    pub group_add: Vec<String>,
    /// How its health is checked; none for the image's way.
    pub healthcheck: Option<HealthCheck>,
    /// The containers' host name; empty for the engine's choice.
    pub hostname: String,
    /// Whether a small init runs first; none for the engine's default.
    pub init: Option<bool>,
    /// Windows' isolation; empty for the default.
    pub isolation: String,
    /// Where its output goes; none for the engine's default.
    pub logging: Option<Logging>,
    /// The networks that it joins, by their names in the file.
    pub networks: BTreeMap<String, Attachment>,
    /// From -1000, never killed, to 1000, killed first, when memory is short.
    pub oom_score_adj: i64,
    /// Published ports.
    pub ports: Vec<Port>,
    /// Whether the root file system can't be written.
    pub read_only: bool,
    /// Whether its standard input is open.
    pub stdin_open: bool,
    /// Between the stop signal and the kill, in nanoseconds; none for the engine's default.
    pub stop_grace_period: Option<i64>,
    /// The signal that stops it; empty for the image's.
    pub stop_signal: String,
    /// Kernel parameters.
    pub sysctls: BTreeMap<String, String>,
    /// Whether it has a terminal.
    pub tty: bool,
    /// Limits of its processes.
    pub ulimits: BTreeMap<String, Ulimit>,
    /// The user; empty for the image's.
    pub user: String,
    /// What it mounts.
    pub volumes: Vec<Mount>,
    /// The working directory; empty for the image's.
    pub working_dir: String,
}

/// Where output goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logging {
    /// The driver; empty for the default.
    pub driver: String,
    /// Its options.
    pub options: BTreeMap<String, String>,
}

/// A limit of a process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ulimit {
    /// The one that it has.
    pub soft: i64,
    /// The one up to which it may raise that.
    pub hard: i64,
}

/// Where the account of a Windows service is described.
#[derive(Clone, Debug, PartialEq)]
pub enum CredentialSpec {
    /// In a config of the file, by its name there.
    Config(String),
    /// In a file of the node.
    File(String),
    /// In the node's registry.
    Registry(String),
}

impl Service {
    pub(crate) fn read(item: &Item<'_>, known: &Known<'_>, context: &mut Context<'_>) -> Result<Service, Error> {
        let mut fields = item.fields()?;
        for (key, reason) in IGNORED {
            if let Some(item) = fields.take(key) {
                context.warn(&item.node.place, &item.path, &format!("ignored: {reason}"));
            }
        }
        let restart = fields.read("restart", RestartPolicy::from_restart)?.flatten();
        let mut deploy = fields.read("deploy", Deploy::read)?.unwrap_or_default();
        deploy.restart = deploy.restart.or(restart);
        let image = fields.read("image", Item::text)?.filter(|image| !image.is_empty());
        let image = image.ok_or_else(|| item.error("invalid image reference: no image specified"))?;
        let service = Service {
            image,
            deploy,
            environment: environment(&mut fields, context)?,
            networks: networks(fields.take("networks"), known, context)?,
            volumes: volumes(&mut fields, known, context)?,
            ports: ports(fields.take("ports"), context)?,
            configs: references(fields.take("configs"), "config", known)?,
            secrets: references(fields.take("secrets"), "secret", known)?,
            credential_spec: fields.read("credential_spec", |item| CredentialSpec::read(item, known))?,
            command: fields.read("command", Item::command)?.unwrap_or_default(),
            entrypoint: fields.read("entrypoint", Item::command)?.unwrap_or_default(),
            labels: fields.read("labels", Item::texts_by_key)?.unwrap_or_default(),
            cap_add: fields.read("cap_add", Item::texts)?.unwrap_or_default(),
            cap_drop: fields.read("cap_drop", Item::texts)?.unwrap_or_default(),
            dns: fields.read("dns", addresses)?.unwrap_or_default(),
            dns_opt: fields.read("dns_opt", Item::text_or_texts)?.unwrap_or_default(),
            dns_search: fields.read("dns_search", Item::text_or_texts)?.unwrap_or_default(),
            extra_hosts: fields.read("extra_hosts", hosts)?.unwrap_or_default(),
            group_add: fields.read("group_add", Item::texts)?.unwrap_or_default(),
            healthcheck: fields.read("healthcheck", HealthCheck::read)?,
            hostname: fields.read("hostname", Item::text)?.unwrap_or_default(),
            init: fields.read("init", Item::boolean)?,
            isolation: fields.read("isolation", Item::text)?.unwrap_or_default(),
            logging: fields.read("logging", Logging::read)?,
            oom_score_adj: fields.read("oom_score_adj", Item::integer)?.unwrap_or(0),
            read_only: fields.read("read_only", Item::boolean)?.unwrap_or(false),
            stdin_open: fields.read("stdin_open", Item::boolean)?.unwrap_or(false),
            stop_grace_period: fields.read("stop_grace_period", Item::duration)?,
            stop_signal: fields.read("stop_signal", Item::text)?.unwrap_or_default(),
            sysctls: fields.read("sysctls", Item::texts_by_key)?.unwrap_or_default(),
            tty: fields.read("tty", Item::boolean)?.unwrap_or(false),
            ulimits: ulimits(fields.take("ulimits"))?,
            user: fields.read("user", Item::text)?.unwrap_or_default(),
            working_dir: fields.read("working_dir", Item::text)?.unwrap_or_default(),
        };
        fields.end(HINTS)?;
        Ok(service)
    }
}

fn networks(
    item: Option<Item<'_>>,
    known: &Known<'_>,
    context: &mut Context<'_>,
) -> Result<BTreeMap<String, Attachment>, Error> {
    let Some(item) = item else { return Ok(BTreeMap::new()) };
    let defined = |name: &str, item: &Item<'_>| {
        let there = name == "default" || known.networks.contains_key(name);
        if there { Ok(()) } else { Err(item.error(format!("undefined network {name:?}: define it under `networks`"))) }
    };
    if item.node.map().is_some() {
        let entries = item.entries()?.into_iter().filter(|(name, _)| !name.starts_with("x-"));
        return entries
            .map(|(name, item)| {
                defined(name, &item)?;
                Ok((name.to_owned(), Attachment::read(&item, context)?))
            })
            .collect();
    }
    item.items()?
        .iter()
        .map(|item| {
            let name = item.text()?;
            defined(&name, item)?;
            Ok((name, Attachment::default()))
        })
        .collect()
}

fn volumes(fields: &mut Fields<'_>, known: &Known<'_>, context: &mut Context<'_>) -> Result<Vec<Mount>, Error> {
    let mut mounts = Vec::new();
    if let Some(volumes) = fields.take("volumes") {
        for item in volumes.items()? {
            mounts.push(Mount::read(&item, known, context)?);
        }
    }
    if let Some(tmpfs) = fields.take("tmpfs") {
        for item in tmpfs.one_or_more()? {
            mounts.push(Mount::tmpfs(&item)?);
        }
    }
    Ok(mounts)
}

fn ports(item: Option<Item<'_>>, context: &mut Context<'_>) -> Result<Vec<Port>, Error> {
    let items = item.as_ref().map(Item::items).transpose()?.unwrap_or_default();
    let mut ports: Vec<Port> = Vec::new();
    for item in items {
        ports.extend(Port::read(&item, context)?);
    }
    // Those with one published port stay in the order of the file.
    ports.sort_by_key(|port| port.published);
    Ok(ports)
}

fn references(item: Option<Item<'_>>, what: &str, known: &Known<'_>) -> Result<Vec<ObjectReference>, Error> {
    let defined = if what == "secret" { known.secrets } else { known.configs };
    let items = item.as_ref().map(Item::items).transpose()?.unwrap_or_default();
    items.iter().map(|item| ObjectReference::read(item, what, defined)).collect()
}

fn addresses(item: &Item<'_>) -> Result<Vec<String>, Error> {
    let texts = item.text_or_texts()?;
    match texts.iter().find(|text| text.parse::<std::net::IpAddr>().is_err()) {
        Some(text) => Err(item.error(format!("{text:?} is no IP address"))),
        None => Ok(texts),
    }
}

/// `host: address`, or a list of `host=address` or `host:address`.
fn hosts(item: &Item<'_>) -> Result<Vec<(String, String)>, Error> {
    let bare = |ip: &str| ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')).unwrap_or(ip).to_owned();
    if item.node.map().is_some() {
        let mut hosts = Vec::new();
        for (host, item) in item.entries()? {
            for address in item.text_or_texts()? {
                hosts.push((host.to_owned(), bare(&address)));
            }
        }
        hosts.sort();
        return Ok(hosts);
    }
    item.items()?
        .iter()
        .map(|item| {
            let text = item.text()?;
            let pair = text.split_once('=').or_else(|| text.split_once(':'));
            let (host, ip) = pair.ok_or_else(|| item.error(format!("{text:?} is not host=address")))?;
            Ok((host.to_owned(), bare(ip)))
        })
        .collect()
}

fn ulimits(item: Option<Item<'_>>) -> Result<BTreeMap<String, Ulimit>, Error> {
    let entries = item.as_ref().map(Item::entries).transpose()?.unwrap_or_default();
    entries
        .into_iter()
        .map(|(name, item)| {
            if item.node.map().is_none() {
                let value = item.integer()?;
                return Ok((name.to_owned(), Ulimit { soft: value, hard: value }));
            }
            let mut fields = item.fields()?;
            let soft = fields.read("soft", Item::integer)?.ok_or_else(|| item.error("`soft` is missing"))?;
            let hard = fields.read("hard", Item::integer)?.ok_or_else(|| item.error("`hard` is missing"))?;
            fields.end(&[])?;
            Ok((name.to_owned(), Ulimit { soft, hard }))
        })
        .collect()
}

impl Logging {
    fn read(item: &Item<'_>) -> Result<Logging, Error> {
        let mut fields = item.fields()?;
        let logging = Logging {
            driver: fields.read("driver", Item::text)?.unwrap_or_default(),
            options: fields.read("options", Item::texts_by_key)?.unwrap_or_default(),
        };
        fields.end(&[])?;
        Ok(logging)
    }
}

impl CredentialSpec {
    fn read(item: &Item<'_>, known: &Known<'_>) -> Result<CredentialSpec, Error> {
        let mut fields = item.fields()?;
        let given =
            [("config", fields.take("config")), ("file", fields.take("file")), ("registry", fields.take("registry"))];
        fields.end(&[])?;
        let given: Vec<_> = given.iter().filter_map(|(key, item)| item.as_ref().map(|item| (*key, item))).collect();
        let [(key, source)] = given[..] else {
            return Err(item.error("invalid credential spec: give one of config, file and registry"));
        };
        let text = source.text()?;
        match key {
            "file" => Ok(CredentialSpec::File(text)),
            "registry" => Ok(CredentialSpec::Registry(text)),
            _ if known.configs.contains_key(&text) => Ok(CredentialSpec::Config(text)),
            _ => Err(source.error(format!("undefined config {text:?}: define it under `configs`"))),
        }
    }
}

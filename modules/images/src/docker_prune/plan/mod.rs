//! What `docker_prune` will do.
//!
//! It foretells what the engine will remove, by the engine's own rules. Source: moby, `daemon/prune.go`,
//! `daemon/images/image_prune.go`, `volume/service`.

mod cache;
mod filter;
mod images;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ansible::{Failure, Plan};
use docker::{ListedCache, ListedContainer, ListedImage, ListedNetwork, ListedVolume};
use docker_module::Filters;
use serde::Serialize;
use serde_json::{Value, json};

use self::filter::Filter;
use super::options::Options;

/// What the engine has, of the kinds that were asked for.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(serde::Deserialize), serde(default))]
pub struct Observed {
    /// The engine's clock: RFC 3339.
    pub time: Option<String>,
    /// Whether only volumes without a name go, unless a filter asks for all.
    pub named_volumes_stay: bool,
    pub containers: Vec<ListedContainer>,
    pub images: Vec<ListedImage>,
    pub networks: Vec<ListedNetwork>,
    pub volumes: Vec<ListedVolume>,
    pub cache: Vec<ListedCache>,
}

/// What would go, by kind. The state after has the same kinds, empty.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Prunable {
    #[serde(flatten)]
    kinds: BTreeMap<&'static str, Stock>,
    /// What the engine has then.
    #[serde(skip)]
    #[cfg_attr(not(test), allow(dead_code))]
    left: Observed,
}

#[derive(Clone, Debug, Default, Serialize)]
struct Stock {
    items: BTreeSet<String>,
    bytes: i64,
}

/// A kind of objects, in the order in which they are pruned: what is gone uses nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Containers,
    Images,
    Networks,
    Volumes,
    BuilderCache,
}

impl Kind {
    pub fn asked_for(options: &Options) -> impl Iterator<Item = Kind> {
        [
            (Kind::Containers, options.containers),
            (Kind::Images, options.images),
            (Kind::Networks, options.networks),
            (Kind::Volumes, options.volumes),
            (Kind::BuilderCache, options.builder_cache),
        ]
        .into_iter()
        .filter_map(|(kind, asked)| asked.then_some(kind))
    }

    /// The first part of the path of its call.
    pub fn path(self) -> &'static str {
        match self {
            Kind::Containers => "containers",
            Kind::Images => "images",
            Kind::Networks => "networks",
            Kind::Volumes => "volumes",
            Kind::BuilderCache => "build",
        }
    }

    /// The field of the engine's answer with what went.
    pub fn deleted(self) -> &'static str {
        match self {
            Kind::Containers => "ContainersDeleted",
            Kind::Images => "ImagesDeleted",
            Kind::Networks => "NetworksDeleted",
            Kind::Volumes => "VolumesDeleted",
            Kind::BuilderCache => "CachesDeleted",
        }
    }

    /// The option that asks for it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::BuilderCache => "builder_cache",
            Kind::Containers | Kind::Images | Kind::Networks | Kind::Volumes => self.path(),
        }
    }

    /// The return value with what went.
    pub fn result(self) -> &'static str {
        match self {
            Kind::BuilderCache => "builder_cache_caches_deleted",
            Kind::Containers | Kind::Images | Kind::Networks | Kind::Volumes => self.path(),
        }
    }

    /// The return value with the bytes; networks take none.
    pub fn space(self) -> Option<&'static str> {
        match self {
            Kind::Containers => Some("containers_space_reclaimed"),
            Kind::Images => Some("images_space_reclaimed"),
            Kind::Networks => None,
            Kind::Volumes => Some("volumes_space_reclaimed"),
            Kind::BuilderCache => Some("builder_cache_space_reclaimed"),
        }
    }
}

/// What goes, as the engine tells it.
#[derive(Clone, Debug, Default)]
pub struct Gone {
    /// IDs or names; of images, objects with `Untagged` or `Deleted`.
    pub items: Vec<Value>,
    pub bytes: i64,
}

/// One engine call.
#[derive(Debug)]
pub struct Action {
    pub kind: Kind,
    pub query: Vec<(&'static str, String)>,
    /// What will go.
    pub gone: Gone,
    /// The same for people.
    names: BTreeSet<String>,
}

impl Action {
    /// The IDs of the images that go.
    pub fn images(&self) -> impl Iterator<Item = String> {
        let items = self.gone.items.iter().filter(|_| self.kind == Kind::Images);
        items.filter_map(|item| item.get("Deleted")?.as_str().map(str::to_owned))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            Kind::Containers => "containers",
            Kind::Images => "images",
            Kind::Networks => "networks",
            Kind::Volumes => "volumes",
            Kind::BuilderCache => "records of the build cache",
        };
        let names = self.names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        write!(f, "prune {what}")?;
        match self.kind.space() {
            Some(_) => write!(f, ", {} bytes: {names}", self.gone.bytes),
            None => write!(f, ": {names}"),
        }
    }
}

/// # Errors
/// A filter that the engine does not know, or whose value it can't read.
pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<Prunable, Action>, Failure> {
    let mut before = Prunable { left: observed.clone(), ..Prunable::default() };
    let mut after = Prunable::default();
    let mut actions = Vec::new();
    let mut left = observed.clone();
    for kind in Kind::asked_for(options) {
        let mut query = Vec::new();
        let (gone, names) = match kind {
            Kind::Containers => {
                let filter =
                    filter(kind, &options.containers_filters, &["label", "label!", "until"], observed, &mut query)?;
                containers(&filter, &mut left)
            }
            Kind::Images => {
                let known = ["dangling", "label", "label!", "until"];
                let filter = filter(kind, &options.images_filters, &known, observed, &mut query)?;
                images::images(&filter, filter.switch("dangling", true)?, &mut left)
            }
            Kind::Networks => {
                let filter =
                    filter(kind, &options.networks_filters, &["label", "label!", "until"], observed, &mut query)?;
                networks(&filter, &mut left)
            }
            Kind::Volumes => {
                let filter = filter(kind, &options.volumes_filters, &["all", "label", "label!"], observed, &mut query)?;
                let all = filter.switch("all", false)? || !observed.named_volumes_stay;
                volumes(&filter, all, &mut left)
            }
            Kind::BuilderCache => {
                let filter = filter(kind, &options.builder_cache_filters, &cache::FILTERS, observed, &mut query)?;
                query.push(("all", options.builder_cache_all.to_string()));
                let keep = options.builder_cache_keep_storage.map(|size| size.0);
                if let Some(bytes) = keep {
                    // The name since API 1.48, and the one before it; the engine reads the one that it knows.
                    query.extend([("reserved-space", bytes.to_string()), ("keep-storage", bytes.to_string())]);
                }
                cache::cache(&filter, options.builder_cache_all, keep.unwrap_or(0), &mut left)?
            }
        };
        before.kinds.insert(kind.name(), Stock { items: names.clone(), bytes: gone.bytes });
        after.kinds.insert(kind.name(), Stock::default());
        if !gone.items.is_empty() {
            actions.push(Action { kind, query, gone, names });
        }
    }
    after.left = left;
    Ok(Plan { before: Some(before), after: Some(after), actions })
}

/// The filter of a kind; and as the engine gets it, `until` as a moment: it shall not move until the engine reads it.
fn filter(
    kind: Kind,
    given: &Option<Filters>,
    known: &[&str],
    observed: &Observed,
    query: &mut Vec<(&'static str, String)>,
) -> Result<Filter, Failure> {
    let filter = Filter::new(kind, given.clone().unwrap_or_default(), known, observed.time.as_deref())?;
    query.push(("filters", filter.to_query()));
    Ok(filter)
}

/// Those that do not run.
fn containers(filter: &Filter, left: &mut Observed) -> (Gone, BTreeSet<String>) {
    let (gone, stay) = std::mem::take(&mut left.containers).into_iter().partition::<Vec<_>, _>(|container| {
        !["running", "paused", "restarting"].contains(&container.state.as_str())
            && filter.passes(&container.labels, Some(container.created))
    });
    left.containers = stay;
    let name = |container: &ListedContainer| {
        container.names.first().map_or(container.id.clone(), |name| name.trim_start_matches('/').to_owned())
    };
    let items = gone.iter().map(|container| json!(container.id)).collect();
    (Gone { items, bytes: gone.iter().map(|container| container.size_rw).sum() }, gone.iter().map(name).collect())
}

/// Those with nobody in them. The engine's own, and those that only hold a configuration, stay.
fn networks(filter: &Filter, left: &mut Observed) -> (Gone, BTreeSet<String>) {
    let (gone, stay) = std::mem::take(&mut left.networks).into_iter().partition::<Vec<_>, _>(|network| {
        let own = ["bridge", "host", "none", "default"].contains(&network.name.as_str()) || network.ingress;
        !own && !network.config_only
            && !network.used
            && filter.passes(&network.labels, filter::seconds(&network.created))
    });
    left.networks = stay;
    let names: BTreeSet<String> = gone.into_iter().map(|network| network.name).collect();
    (Gone { items: names.iter().map(|name| json!(name)).collect(), bytes: 0 }, names)
}

/// Those on the engine's own disk that no container has, be it a stopped one.
fn volumes(filter: &Filter, all: bool, left: &mut Observed) -> (Gone, BTreeSet<String>) {
    let used: BTreeSet<&str> =
        left.containers.iter().flat_map(|container| container.mounts.iter().map(|mount| mount.name.as_str())).collect();
    let (gone, stay) = std::mem::take(&mut left.volumes).into_iter().partition::<Vec<_>, _>(|volume| {
        volume.driver == "local"
            // One with options may be a disk elsewhere.
            && volume.options.is_empty()
            && !used.contains(volume.name.as_str())
            && (all || volume.labels.contains_key("com.docker.volume.anonymous"))
            && filter.passes(&volume.labels, None)
    });
    left.volumes = stay;
    let bytes = gone.iter().map(|volume| volume.usage_data.size.max(0)).sum();
    let names: BTreeSet<String> = gone.into_iter().map(|volume| volume.name).collect();
    (Gone { items: names.iter().map(|name| json!(name)).collect(), bytes }, names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| plan(options, observed.unwrap_or(&Observed::default())),
            |_, after| after.map(|after| after.left),
        );
    }
}

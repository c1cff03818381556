//! The lists of objects that `docker_host_info` was asked for.

use ansible::Failure;
use docker::Engine;
use docker_module::Filters;
use serde_json::{Map, Value};

use super::options::Options;

/// A kind of objects that the engine lists.
struct Kind {
    /// The return value.
    name: &'static str,
    path: &'static str,
    /// What is told of each object without `verbose_output`.
    brief: &'static [&'static str],
}

const VOLUMES: Kind = Kind { name: "volumes", path: "/volumes", brief: &["Driver", "Name"] };
const NETWORKS: Kind = Kind { name: "networks", path: "/networks", brief: &["Id", "Driver", "Name", "Scope"] };
const CONTAINERS: Kind = Kind {
    name: "containers",
    path: "/containers/json",
    brief: &["Id", "Image", "Command", "Created", "Status", "Ports", "Names"],
};
const IMAGES: Kind = Kind { name: "images", path: "/images/json", brief: &["Id", "RepoTags", "Created", "Size"] };

/// The lists, by the names of their return values.
pub async fn lists(engine: &Engine, options: &Options) -> Result<Vec<(&'static str, Vec<Value>)>, Failure> {
    let kinds = [
        (options.volumes, VOLUMES, &options.volumes_filters),
        (options.networks, NETWORKS, &options.networks_filters),
        (options.containers, CONTAINERS, &options.containers_filters),
        (options.images, IMAGES, &options.images_filters),
    ];
    let mut lists = Vec::new();
    for (_, kind, filters) in kinds.into_iter().filter(|(wanted, ..)| *wanted) {
        let items = list(engine, &kind, filters.as_ref(), options.containers_all).await.map_err(|error| {
            Failure::new(format!("Error inspecting docker host for object '{}': {error}", kind.name))
        })?;
        let items =
            if options.verbose_output { items } else { items.iter().map(|item| brief(item, kind.brief)).collect() };
        lists.push((kind.name, items));
    }
    Ok(lists)
}

async fn list(
    engine: &Engine,
    kind: &Kind,
    filters: Option<&Filters>,
    stopped_too: bool,
) -> Result<Vec<Value>, docker::Error> {
    let filters = filters.map(Filters::to_query);
    let mut query = Vec::new();
    if let Some(filters) = &filters {
        query.push(("filters", filters.as_str()));
    }
    // For containers it means the stopped ones too; for images the layers in between, which nobody asked for.
    if stopped_too && kind.name == CONTAINERS.name {
        query.push(("all", "1"));
    }
    Ok(match engine.get(kind.path, &query).await? {
        Value::Array(items) => items,
        // Volumes come in an object, as null when there is none.
        Value::Object(mut answer) => match answer.remove("Volumes") {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        },
        _ => Vec::new(),
    })
}

/// The named fields of an object; null for one that it does not have.
fn brief(item: &Value, fields: &[&str]) -> Value {
    let field = |name: &&str| ((*name).to_owned(), item.get(*name).cloned().unwrap_or_default());
    Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
}

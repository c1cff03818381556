//! `extends`: a service that begins as another one, of this file or of another.

use crate::interpolate::interpolate;
use crate::merge::merge;
use crate::node::{Data, Map, Node};
use crate::{Error, Surroundings, load, paths};

/// How long a chain of services may be.
const LONGEST: usize = 50;

/// Replaces each service of a file that extends another one by the two merged. `directory` is that of the file.
///
/// # Errors
/// The other one is not there, or extends this one.
pub(crate) fn resolve(
    root: &mut Node,
    directory: &str,
    around: &dyn Surroundings,
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    let Some(services) = services(root) else { return Ok(()) };
    if !services.values().any(|service| service.map().is_some_and(|service| service.contains_key("extends"))) {
        return Ok(());
    }
    let mut resolved = Map::new();
    for (name, service) in services {
        let mut chain = Chain { around, warnings: &mut *warnings, seen: Vec::new() };
        resolved.insert(name.clone(), chain.service(name, service, services, directory)?);
    }
    if let Some(there) = root.map_mut().and_then(|root| root.get_mut("services")) {
        there.data = Data::Map(resolved);
    }
    Ok(())
}

fn services(root: &Node) -> Option<&Map> {
    root.map()?.get("services")?.map()
}

struct Chain<'a> {
    around: &'a dyn Surroundings,
    warnings: &'a mut Vec<String>,
    seen: Vec<String>,
}

impl Chain<'_> {
    /// A service with all that it extends below it. `directory` is that of its file.
    fn service(&mut self, name: &str, service: &Node, services: &Map, directory: &str) -> Result<Node, Error> {
        let mut service = service.clone();
        let Some(extends) = service.map_mut().and_then(|service| service.shift_remove("extends")) else {
            return Ok(service);
        };
        let path = format!("services.{name}.extends");
        let field = |key: &str| extends.map().and_then(|extends| extends.get(key)).and_then(Node::scalar);
        if let Some(other) =
            extends.map().and_then(|map| map.iter().find(|(key, _)| !["service", "file"].contains(&key.as_str())))
        {
            return Err(Error::of(&other.1.place, &format!("{path}.{}", other.0), "unknown key"));
        }
        let base = extends.scalar().or_else(|| field("service")).ok_or_else(|| {
            Error::of(&extends.place, &path, "it names no service: give a name, or `service` and `file`")
        })?;
        let file = field("file").map(|file| paths::from(directory, &file));
        let step = format!("{}:{base}", file.as_deref().unwrap_or(&service.place.file));
        if self.seen.contains(&step) || self.seen.len() >= LONGEST || (file.is_none() && base == name) {
            return Err(Error::of(&extends.place, &path, format!("the service extends itself, over {base:?}")));
        }
        self.seen.push(step);
        let missing = || Error::of(&extends.place, &path, format!("there is no service {base:?} to extend"));
        let base = match file {
            None => {
                let there = services.get(&base).ok_or_else(missing)?;
                self.service(&base, there, services, directory)?
            }
            Some(file) => {
                let mut root = load::file(&file, self.around)?;
                interpolate(&mut root, "", self.around, self.warnings)?;
                let others = self::services(&root).ok_or_else(missing)?;
                let there = others.get(&base).ok_or_else(missing)?;
                let directory = paths::parent(&file);
                let mut service = self.service(&base, there, others, directory)?;
                move_paths(&mut service, directory);
                service
            }
        };
        self.seen.pop();
        merge(base, service, &format!("services/{name}"))
    }
}

/// Relative paths in a service of another file begin at that file.
fn move_paths(service: &mut Node, directory: &str) {
    let Some(service) = service.map_mut() else { return };
    if let Some(files) = service.get_mut("env_file") {
        each(files, |file| match &mut file.data {
            Data::Text(path) => *path = paths::from(directory, path),
            Data::Map(map) => {
                if let Some(Node { data: Data::Text(path), .. }) = map.get_mut("path") {
                    *path = paths::from(directory, path);
                }
            }
            _ => {}
        });
    }
    if let Some(volumes) = service.get_mut("volumes") {
        each(volumes, |volume| match &mut volume.data {
            Data::Text(text) if text.starts_with('.') => {
                if let Some((source, rest)) = text.split_once(':') {
                    *text = format!("{}:{rest}", paths::from(directory, source));
                }
            }
            Data::Map(map) if map.get("type").and_then(Node::scalar).as_deref() == Some("bind") => {
                if let Some(Node { data: Data::Text(path), .. }) = map.get_mut("source")
                    && !path.starts_with('~')
                {
                    *path = paths::from(directory, path);
                }
            }
            _ => {}
        });
    }
}

fn each(node: &mut Node, change: impl Fn(&mut Node)) {
    match &mut node.data {
        Data::List(items) => items.iter_mut().for_each(change),
        _ => change(node),
    }
}

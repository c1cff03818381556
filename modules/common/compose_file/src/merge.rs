//! One file over another, by the compose spec's rules: which list is replaced, which extended, and by what key.

use crate::model::{short_mount, short_port};
use crate::node::{Data, Map, Node, Order};
use crate::{Error, Place};

/// How two values under one path become one.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// Mappings are merged, lists joined, anything else replaced.
    Plain,
    /// The later one counts.
    Replace,
    /// A mapping, or a list of `key=value`: by key.
    Pairs,
    /// A mapping, or a list of names: by name.
    Names,
    /// One text or a list: joined, no entry twice.
    Set,
    /// A list in which a later entry replaces the one with the same key.
    Keyed(fn(&Node) -> Option<String>),
    /// Published ports.
    Ports,
    /// `driver` and what belongs to it.
    Logging,
}

/// The rule for a path, whose parts are joined by slashes: names may have dots.
fn rule(path: &str) -> Rule {
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        ["services", _, "command" | "entrypoint"] | ["services", _, "healthcheck", "test"] => Rule::Replace,
        ["services", _, "environment" | "labels" | "sysctls"]
        | ["services", _, "deploy", "labels"]
        | ["networks" | "volumes" | "secrets" | "configs", _, "labels"] => Rule::Pairs,
        ["services", _, "networks"] => Rule::Names,
        ["services", _, "cap_add" | "cap_drop" | "dns" | "dns_opt" | "dns_search" | "env_file" | "expose"]
        | ["services", _, "extra_hosts" | "group_add" | "tmpfs"]
        | ["services", _, "networks", _, "aliases"] => Rule::Set,
        ["services", _, "volumes"] => Rule::Keyed(mount_target),
        ["services", _, "secrets" | "configs"] => Rule::Keyed(object_target),
        ["networks", _, "ipam", "config"] => Rule::Keyed(subnet),
        ["services", _, "ports"] => Rule::Ports,
        ["services", _, "logging"] => Rule::Logging,
        _ => Rule::Plain,
    }
}

/// Lays `over` over `base`; `path` says where in the file both stand.
///
/// # Errors
/// A value can't be taken apart as its rule needs.
pub(crate) fn merge(base: Node, over: Node, path: &str) -> Result<Node, Error> {
    match over.order {
        Some(Order::Reset | Order::Override) => return Ok(over),
        None if over.is_null() => return Ok(base),
        None if base.is_null() || base.order == Some(Order::Reset) => return Ok(over),
        None => {}
    }
    let place = over.place.clone();
    match rule(path) {
        Rule::Replace => Ok(over),
        Rule::Plain => {
            let had_mounts = base.map().is_some_and(|base| base.contains_key("volumes"));
            let mut merged = plain(base, over, path)?;
            if had_mounts && is_service(path) {
                sort_mounts(&mut merged);
            }
            Ok(merged)
        }
        Rule::Pairs => maps(pairs(base)?, pairs(over)?, place, path),
        Rule::Names => maps(names(base)?, names(over)?, place, path),
        Rule::Set => match (&base.data, &over.data) {
            (Data::Map(_), Data::Map(_)) => plain(base, over, path),
            _ => {
                let mut items = entries(base)?;
                for item in entries(over)? {
                    if !items.iter().any(|there| there.scalar().is_some() && there.scalar() == item.scalar()) {
                        items.push(item);
                    }
                }
                Ok(Node::new(Data::List(items), &place))
            }
        },
        Rule::Keyed(key) => Ok(Node::new(Data::List(keyed(entries(base)?, entries(over)?, key)), &place)),
        Rule::Ports => {
            let items = keyed(spread(entries(base)?, path)?, spread(entries(over)?, path)?, published);
            Ok(Node::new(Data::List(items), &place))
        }
        Rule::Logging => {
            let driver = |node: &Node| node.map().and_then(|map| map.get("driver")).and_then(Node::scalar);
            match (driver(&base), driver(&over)) {
                (Some(one), Some(other)) if one != other => Ok(over),
                _ => plain(base, over, path),
            }
        }
    }
}

fn is_service(path: &str) -> bool {
    path.strip_prefix("services/").is_some_and(|name| !name.contains('/'))
}

/// As `docker stack` has them after a merge: or a stack that it deployed would be updated by ours.
fn sort_mounts(service: &mut Node) {
    let volumes = service.map_mut().and_then(|service| service.get_mut("volumes"));
    if let Some(Node { data: Data::List(mounts), .. }) = volumes {
        mounts.sort_by_cached_key(mount_target);
    }
}

fn plain(base: Node, over: Node, path: &str) -> Result<Node, Error> {
    let place = over.place.clone();
    match (base.data, over.data) {
        (Data::Map(base), Data::Map(over)) => maps(base, over, place, path),
        (Data::List(mut base), Data::List(over)) => {
            base.extend(over);
            Ok(Node::new(Data::List(base), &place))
        }
        (_, data) => Ok(Node::new(data, &place)),
    }
}

fn maps(mut base: Map, over: Map, place: Place, path: &str) -> Result<Node, Error> {
    for (key, value) in over {
        let below = if path.is_empty() { key.clone() } else { format!("{path}/{key}") };
        let merged = match base.swap_remove(&key) {
            Some(there) => merge(there, value, &below)?,
            None => value,
        };
        base.insert(key, merged);
    }
    Ok(Node::new(Data::Map(base), &place))
}

/// A list of `key=value` as a mapping.
fn pairs(node: Node) -> Result<Map, Error> {
    let place = node.place.clone();
    match node.data {
        Data::Map(map) => Ok(map),
        Data::List(items) => items
            .into_iter()
            .map(|item| {
                let text = item.scalar().ok_or_else(|| Error::at(&item.place, "it must be key=value"))?;
                let (key, data) = match text.split_once('=') {
                    Some((key, value)) => (key.to_owned(), Data::Text(value.to_owned())),
                    None => (text, Data::Null),
                };
                Ok((key, Node::new(data, &item.place)))
            })
            .collect(),
        _ => Err(Error::at(&place, "it must be a mapping or a list of key=value")),
    }
}

/// A list of names as a mapping without values.
fn names(node: Node) -> Result<Map, Error> {
    let place = node.place.clone();
    match node.data {
        Data::Map(map) => Ok(map),
        Data::List(items) => items
            .into_iter()
            .map(|item| {
                let name = item.scalar().ok_or_else(|| Error::at(&item.place, "it must be a name"))?;
                Ok((name, Node::new(Data::Null, &item.place)))
            })
            .collect(),
        _ => Err(Error::at(&place, "it must be a mapping or a list of names")),
    }
}

/// The entries of a list; one value stands for a list of itself, and a mapping for a list of `key=value`.
fn entries(node: Node) -> Result<Vec<Node>, Error> {
    let place = node.place.clone();
    match node.data {
        Data::List(items) => Ok(items),
        Data::Map(map) if map.values().all(|value| value.scalar().is_some()) => Ok(map
            .iter()
            .map(|(key, value)| Node::text(format!("{key}={}", value.scalar().unwrap_or_default()), &value.place))
            .collect()),
        data => Ok(vec![Node::new(data, &place)]),
    }
}

fn keyed(mut base: Vec<Node>, over: Vec<Node>, key: fn(&Node) -> Option<String>) -> Vec<Node> {
    let own = base.len();
    for item in over {
        let there = base.iter().take(own).position(|there| key(there).is_some() && key(there) == key(&item));
        match there {
            Some(index) => base[index] = item,
            None => base.push(item),
        }
    }
    base
}

fn field(node: &Node, key: &str) -> Option<String> {
    node.map()?.get(key)?.scalar().filter(|text| !text.is_empty())
}

fn mount_target(node: &Node) -> Option<String> {
    match node.scalar() {
        Some(text) => short_mount(&text).ok().map(|short| short.target.to_owned()),
        None => field(node, "target"),
    }
}

fn object_target(node: &Node) -> Option<String> {
    node.scalar().or_else(|| field(node, "target")).or_else(|| field(node, "source"))
}

fn subnet(node: &Node) -> Option<String> {
    field(node, "subnet")
}

/// What a published port is known by; one that is not published, by the port it leads to.
fn published(node: &Node) -> Option<String> {
    let protocol = field(node, "protocol").unwrap_or_else(|| "tcp".to_owned());
    match field(node, "published").filter(|port| port != "0") {
        Some(port) => Some(format!("{port}/{protocol}")),
        None => Some(format!(":{}/{protocol}", field(node, "target")?)),
    }
}

/// Short forms as long ones, a range as its ports. An address is lost, and told of when the port is not merged.
fn spread(items: Vec<Node>, path: &str) -> Result<Vec<Node>, Error> {
    let mut long = Vec::new();
    for item in items {
        match item.scalar() {
            Some(text) => {
                let (ports, _) =
                    short_port(&text).map_err(|reason| Error::of(&item.place, &path.replace('/', "."), reason))?;
                long.extend(ports.iter().map(|port| port.node(&item.place)));
            }
            None => long.push(item),
        }
    }
    Ok(long)
}

/// Takes out what is reset, when all files are merged.
pub(crate) fn settle(node: &mut Node) {
    let stays = |node: &Node| node.order != Some(Order::Reset);
    match &mut node.data {
        Data::Map(map) => {
            map.retain(|_, value| stays(value));
            map.values_mut().for_each(settle);
        }
        Data::List(items) => {
            items.retain(stays);
            items.iter_mut().for_each(settle);
        }
        Data::Null | Data::Bool(_) | Data::Integer(_) | Data::Float(_) | Data::Text(_) => {}
    }
}

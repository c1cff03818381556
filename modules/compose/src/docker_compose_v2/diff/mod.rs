//! The diff: what the project's files say against what runs.
//!
//! Compose itself decides what it makes anew, by a hash of each service that it writes on the containers. A service with
//! the same hash has no difference here either; of another the fields are shown that a container can tell.

mod files;
mod observe;
mod running;
mod secret;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

pub use self::observe::observe;
use super::options::{Options, State};
use crate::cli::Rendered;

/// What was read before the work.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub rendered: Rendered,
    /// The project's containers as the engine tells them, by service; not those of `docker compose run`.
    pub containers: BTreeMap<String, Vec<Value>>,
    /// Images, by ID, and by the names that services have for them.
    pub images: BTreeMap<String, Value>,
    /// The names of the project's networks and volumes.
    pub networks: BTreeSet<String>,
    pub volumes: BTreeSet<String>,
}

/// A service in the words of a Compose file.
type Service = BTreeMap<&'static str, Value>;

/// Before and after, and only what differs.
pub fn diff(options: &Options, found: &Found) -> Value {
    let (mut before, mut after) = (Map::new(), Map::new());
    let mut put = |place: &str, name: &str, (was, is): (Value, Value)| {
        if was == is {
            return;
        }
        for (side, value) in [(&mut before, was), (&mut after, is)] {
            let all = side.entry(place.to_owned()).or_insert_with(|| json!({}));
            all[name] = value;
        }
    };
    for name in services(options, found) {
        put("services", &name, service(options, found, &name));
    }
    for (place, there, wanted) in
        [("networks", &found.networks, found.named("networks")), ("volumes", &found.volumes, found.named("volumes"))]
    {
        let stays = |name: &String| match options.state {
            State::Absent => place == "volumes" && !options.remove_volumes && there.contains(name),
            State::Present | State::Stopped => there.contains(name) || wanted.contains(name),
            State::Restarted => there.contains(name),
        };
        for name in there.union(&wanted) {
            let exists = |is: bool| json!({ "exists": is });
            put(place, name, (exists(there.contains(name)), exists(stays(name))));
        }
    }
    json!({ "before": before, "after": after })
}

impl Found {
    /// The project's own networks or volumes that its files name.
    fn named(&self, kind: &str) -> BTreeSet<String> {
        let all = self.rendered.config[kind].as_object().into_iter().flatten();
        let own = all.filter(|(_, entry)| entry["external"] != json!(true));
        own.map(|(key, entry)| entry["name"].as_str().unwrap_or(key).to_owned()).collect()
    }
}

/// Those that the task speaks of: the named ones and what they depend on, or all.
fn services(options: &Options, found: &Found) -> BTreeSet<String> {
    let known = || found.rendered.services().map(str::to_owned);
    if options.services.is_empty() {
        let orphans = found.containers.keys().filter(|_| options.remove_orphans || options.state == State::Absent);
        return known().chain(orphans.cloned()).collect();
    }
    if options.dependencies && options.state == State::Present {
        return found.rendered.with_dependencies(&options.services);
    }
    options.services.iter().cloned().collect()
}

/// One service before and after: where it stays, only the fields that differ.
fn service(options: &Options, found: &Found, name: &str) -> (Value, Value) {
    let containers = found.containers.get(name).map_or(&[][..], Vec::as_slice);
    let config = &found.rendered.config["services"][name];
    let gone = json!({ "exists": false });
    let mut before = running::service(containers, &found.images);
    let stays = config.is_object() && options.state != State::Absent;
    if !stays {
        let there = if containers.is_empty() { gone.clone() } else { json!({ "exists": true }) };
        return (there, gone);
    }
    let Some(first) = containers.first() else {
        let mut after = files::service(options, found, name, &Service::new());
        after.insert("exists", json!(true));
        secret::hide_all(&mut after);
        return (gone, json!(after));
    };
    let hash = |container: &Value| container["Config"]["Labels"]["com.docker.compose.config-hash"].clone();
    let same = found.rendered.hashes.get(name).is_some_and(|wanted| hash(first) == json!(wanted));
    let mut after = files::service(options, found, name, &before);
    let may_differ: &[&str] = match (options.state, same) {
        (State::Restarted, _) => &["state"],
        // Nothing that Compose hashes: how many there are, whether they run, and what their image's name means now.
        (_, true) => &["replicas", "state", "image_id"],
        (_, false) => &[],
    };
    if !may_differ.is_empty() {
        before.retain(|field, _| may_differ.contains(field));
        after.retain(|field, _| may_differ.contains(field));
    }
    let fields: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    for field in fields {
        if before.get(field) == after.get(field) {
            before.remove(field);
            after.remove(field);
        }
    }
    secret::hide(&mut before, &mut after);
    if before.is_empty() && after.is_empty() && !same && options.state != State::Restarted {
        // Something that a container does not tell.
        before.insert("config_hash", hash(first));
        after.insert("config_hash", json!(found.rendered.hashes.get(name)));
    }
    (json!(before), json!(after))
}

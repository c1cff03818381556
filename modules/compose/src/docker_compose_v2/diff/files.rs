//! A service as the project's files have it, in the form in which a running one is told.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::running::{port_text, set, volume_text};
use super::{Found, Service};
use crate::docker_compose_v2::options::{Options, State};

/// What the service will be. `before` is what it is now, for what the task leaves as it is.
pub fn service(options: &Options, found: &Found, name: &str, before: &Service) -> Service {
    let all = &found.rendered.config;
    let config = &all["services"][name];
    let image = found.rendered.image(name);
    let image_id = found.images.get(&image).map(|image| image["Id"].clone());
    let there = |field: &str| before.get(field).cloned().unwrap_or_default();
    let mode = config["network_mode"].as_str().filter(|mode| !mode.starts_with("service:") && *mode != "bridge");
    let after = Service::from([
        ("replicas", replicas(options, config, name)),
        ("state", state(options, &there("state"))),
        ("image", json!(image)),
        // One that is not here yet is pulled or built.
        ("image_id", image_id.unwrap_or_else(|| json!("unknown"))),
        ("command", config["command"].clone()),
        ("entrypoint", config["entrypoint"].clone()),
        ("environment", environment(config)),
        ("labels", labels(config)),
        ("ports", ports(config)),
        ("volumes", volumes(config, all)),
        ("networks", networks(config, &all["networks"])),
        ("network_mode", mode.map_or_else(|| other_mode(config, &there("network_mode")), |mode| json!(mode))),
        ("restart", restart(config, &there("restart"))),
        ("user", config["user"].clone()),
        ("working_dir", config["working_dir"].clone()),
        ("privileged", json!(config["privileged"] == json!(true))),
        ("read_only", json!(config["read_only"] == json!(true))),
        ("cap_add", set(&config["cap_add"])),
        ("cap_drop", set(&config["cap_drop"])),
        ("mem_limit", mem_limit(config)),
        ("healthcheck", healthcheck(config)),
    ]);
    if before.is_empty() {
        // Of a new service only what the files say.
        let said = |value: &Value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::Array(items) => !items.is_empty(),
            Value::Object(map) => !map.is_empty(),
            value => *value != json!(0) && *value != json!("unknown"),
        };
        return after.into_iter().filter(|(_, value)| said(value)).collect();
    }
    after
}

fn replicas(options: &Options, config: &Value, name: &str) -> Value {
    let asked = options.scale.get(name).and_then(|count| count.as_u64().or_else(|| count.as_str()?.parse().ok()));
    let said = config["deploy"]["replicas"].as_u64().or_else(|| config["scale"].as_u64());
    json!(asked.or(said).unwrap_or(1))
}

fn state(options: &Options, there: &Value) -> Value {
    match options.state {
        State::Present | State::Restarted => json!("running"),
        State::Stopped if *there == json!("running") => json!("exited"),
        State::Stopped if there.is_null() => json!("created"),
        State::Stopped | State::Absent => there.clone(),
    }
}

fn environment(config: &Value) -> Value {
    let all = config["environment"].as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    json!(all.map(|(name, value)| (name, text(value))).collect::<BTreeMap<_, _>>())
}

fn labels(config: &Value) -> Value {
    let all = config["labels"].as_object().into_iter().flatten();
    json!(all.map(|(name, value)| (name, text(value))).collect::<BTreeMap<_, _>>())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn ports(config: &Value) -> Value {
    let port = |port: &Value| {
        let target = format!("{}/{}", port["target"], port["protocol"].as_str().unwrap_or("tcp"));
        let published = port.get("published").map(text).unwrap_or_default();
        port_text(port["host_ip"].as_str().unwrap_or_default(), &published, &target)
    };
    json!(config["ports"].as_array().into_iter().flatten().map(port).collect::<BTreeSet<_>>())
}

fn volumes(config: &Value, all: &Value) -> Value {
    let named = &all["volumes"];
    let volume = |volume: &Value| {
        let source = volume["source"].as_str().unwrap_or_default();
        let source = match volume["type"].as_str() {
            Some("tmpfs") => return None,
            Some("volume") => named[source]["name"].as_str().unwrap_or(source),
            _ => source,
        };
        let target = volume["target"].as_str().unwrap_or_default();
        Some(volume_text(source, target, volume["read_only"] == json!(true)))
    };
    let mounted: BTreeSet<String> = config["volumes"].as_array().into_iter().flatten().filter_map(volume).collect();
    let files = file_mounts(config, all, "secrets", "/run/secrets/").chain(file_mounts(config, all, "configs", "/"));
    json!(mounted.into_iter().chain(files).collect::<BTreeSet<_>>())
}

/// Compose mounts the files of configurations and secrets; what is in them stays out.
fn file_mounts<'v>(config: &'v Value, all: &'v Value, kind: &'v str, folder: &'v str) -> impl Iterator<Item = String> {
    config[kind].as_array().into_iter().flatten().filter_map(move |entry| {
        let name = entry["source"].as_str()?;
        let file = all[kind][name]["file"].as_str()?;
        let target = entry["target"].as_str().unwrap_or(name);
        let target = if target.starts_with('/') { target.to_owned() } else { format!("{folder}{target}") };
        Some(volume_text(file, &target, true))
    })
}

fn networks(config: &Value, named: &Value) -> Value {
    let own = config["networks"].as_object().into_iter().flatten();
    json!(own.map(|(key, _)| named[key]["name"].as_str().unwrap_or(key)).collect::<BTreeSet<_>>())
}

/// `service:NAME` becomes a container's ID, which nobody knows before: it stays what it is.
fn other_mode(config: &Value, there: &Value) -> Value {
    if config["network_mode"].is_null() || config["network_mode"] == json!("bridge") {
        Value::Null
    } else {
        there.clone()
    }
}

fn restart(config: &Value, there: &Value) -> Value {
    match config["restart"].as_str() {
        Some(policy) => json!(policy),
        // Translated by rules of its own.
        None if !config["deploy"]["restart_policy"].is_null() => there.clone(),
        None => json!("no"),
    }
}

fn mem_limit(config: &Value) -> Value {
    let limit = [&config["mem_limit"], &config["deploy"]["resources"]["limits"]["memory"]]
        .into_iter()
        .find(|value| !value.is_null());
    let bytes = limit.and_then(|limit| limit.as_i64().or_else(|| limit.as_str()?.parse().ok()));
    json!(bytes.unwrap_or(0))
}

fn healthcheck(config: &Value) -> Value {
    match &config["healthcheck"] {
        check if check["disable"] == json!(true) => json!(["NONE"]),
        check => check["test"].clone(),
    }
}

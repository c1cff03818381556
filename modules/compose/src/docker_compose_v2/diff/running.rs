//! A service as its containers tell it, without what their image brings.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Service;

/// The first container speaks for all; empty where there is none.
pub fn service(containers: &[Value], images: &BTreeMap<String, Value>) -> Service {
    let Some(container) = containers.first() else { return Service::new() };
    let (config, host) = (&container["Config"], &container["HostConfig"]);
    let image = container["Image"].as_str().and_then(|id| images.get(id)).cloned().unwrap_or_default();
    let states: BTreeSet<&str> = containers.iter().filter_map(|one| one["State"]["Status"].as_str()).collect();
    Service::from([
        ("replicas", json!(containers.len())),
        ("state", json!(states.into_iter().collect::<Vec<_>>().join(", "))),
        ("image", config["Image"].clone()),
        ("image_id", container["Image"].clone()),
        ("command", own(&config["Cmd"], &image["Config"]["Cmd"])),
        ("entrypoint", own(&config["Entrypoint"], &image["Config"]["Entrypoint"])),
        ("environment", environment(config, &image)),
        ("labels", labels(config, &image)),
        ("ports", ports(host)),
        ("volumes", volumes(container, &image)),
        ("networks", networks(container)),
        ("network_mode", network_mode(host)),
        ("restart", restart(host)),
        ("user", own(&config["User"], &image["Config"]["User"])),
        ("working_dir", own(&config["WorkingDir"], &image["Config"]["WorkingDir"])),
        ("privileged", json!(host["Privileged"] == json!(true))),
        ("read_only", json!(host["ReadonlyRootfs"] == json!(true))),
        ("cap_add", set(&host["CapAdd"])),
        ("cap_drop", set(&host["CapDrop"])),
        ("mem_limit", json!(host["Memory"].as_i64().unwrap_or(0))),
        ("healthcheck", own(&config["Healthcheck"]["Test"], &image["Config"]["Healthcheck"]["Test"])),
    ])
}

/// Null where it is the image's.
fn own(value: &Value, of_image: &Value) -> Value {
    if value == of_image || *value == json!("") { Value::Null } else { value.clone() }
}

/// A list whose order does not count.
pub fn set(value: &Value) -> Value {
    let texts: BTreeSet<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    json!(texts)
}

/// The variables that the image has not, or has otherwise.
fn environment(config: &Value, image: &Value) -> Value {
    let from_image = set(&image["Config"]["Env"]);
    let own = config["Env"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let own = own.filter(|pair| !from_image.as_array().is_some_and(|all| all.contains(&json!(pair))));
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), json!(value))
    };
    json!(own.map(pair).collect::<BTreeMap<_, _>>())
}

/// The labels that neither the image nor Compose brings.
fn labels(config: &Value, image: &Value) -> Value {
    let of_image = |name: &str, value: &Value| image["Config"]["Labels"][name] == *value;
    let all = config["Labels"].as_object().into_iter().flatten();
    let own = all.filter(|(name, value)| !name.starts_with("com.docker.compose.") && !of_image(name, value));
    json!(own.collect::<BTreeMap<_, _>>())
}

/// `ADDRESS:PORT:PORT/tcp`, with what there is of it.
fn ports(host: &Value) -> Value {
    let mut all = BTreeSet::new();
    for (port, bindings) in host["PortBindings"].as_object().into_iter().flatten() {
        for binding in bindings.as_array().into_iter().flatten() {
            let part = |key: &str| binding[key].as_str().unwrap_or_default();
            all.insert(port_text(part("HostIp"), part("HostPort"), port));
        }
    }
    json!(all)
}

pub fn port_text(address: &str, published: &str, target: &str) -> String {
    let parts = [address, published, target];
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(":")
}

/// `SOURCE:TARGET[:ro]`; of an anonymous volume the target alone, unless the image brings it.
fn volumes(container: &Value, image: &Value) -> Value {
    let text = |mount: &Value| {
        let part = |key: &str| mount[key].as_str().unwrap_or_default();
        let target = part("Destination");
        let name = part("Name");
        let anonymous = name.len() == 64 && name.bytes().all(|digit| digit.is_ascii_hexdigit());
        let source = match part("Type") {
            "volume" if anonymous => "",
            "volume" => name,
            "tmpfs" => return None,
            _ => part("Source"),
        };
        let from_image = source.is_empty() && !image["Config"]["Volumes"][target].is_null();
        (!from_image).then(|| volume_text(source, target, mount["RW"] == json!(false)))
    };
    json!(container["Mounts"].as_array().into_iter().flatten().filter_map(text).collect::<BTreeSet<_>>())
}

pub fn volume_text(source: &str, target: &str, read_only: bool) -> String {
    port_text(source, target, if read_only { "ro" } else { "" })
}

/// By the networks' own names.
fn networks(container: &Value) -> Value {
    if !network_mode(&container["HostConfig"]).is_null() {
        return json!([]);
    }
    let all: Map<String, Value> = container["NetworkSettings"]["Networks"].as_object().cloned().unwrap_or_default();
    json!(all.into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>())
}

/// Null where it is in networks.
fn network_mode(host: &Value) -> Value {
    match host["NetworkMode"].as_str().unwrap_or_default() {
        mode if ["host", "none"].contains(&mode) || mode.starts_with("container:") => json!(mode),
        _ => Value::Null,
    }
}

fn restart(host: &Value) -> Value {
    let policy = &host["RestartPolicy"];
    let retries = policy["MaximumRetryCount"].as_i64().unwrap_or(0);
    match policy["Name"].as_str().unwrap_or_default() {
        "" => json!("no"),
        name if retries > 0 => json!(format!("{name}:{retries}")),
        name => json!(name),
    }
}

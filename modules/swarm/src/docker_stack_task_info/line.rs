//! The lines that `docker stack ps` prints.

use docker::{ImageName, Inspected, Node, Service, Task};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::stack::{ago, natural};

/// By name, of the same name the newest first.
pub fn lines(
    tasks: &[Inspected<Task>],
    services: &[Inspected<Service>],
    nodes: &[Inspected<Node>],
    now: OffsetDateTime,
) -> Vec<Value> {
    let mut named: Vec<(String, &Task)> = tasks.iter().map(|task| (name(&task.typed, services), &task.typed)).collect();
    named.sort_by(|(left, task), (right, other)| {
        natural(left, right).then_with(|| other.created_at.cmp(&task.created_at))
    });
    named.into_iter().map(|(name, task)| line(name, task, nodes, now)).collect()
}

fn name(task: &Task, services: &[Inspected<Service>]) -> String {
    let service = services.iter().find(|service| service.typed.id == task.service_id);
    let service = service.map_or(&task.service_id, |service| &service.typed.spec.typed.name);
    match task.slot {
        0 => format!("{service}.{}", task.node_id),
        slot => format!("{service}.{slot}"),
    }
}

fn line(name: String, task: &Task, nodes: &[Inspected<Node>], now: OffsetDateTime) -> Value {
    let node = nodes.iter().find(|node| node.typed.id == task.node_id);
    let ports = task.status.port_status.ports.iter();
    let ports = ports.map(|port| format!("*:{}->{}/{}", port.published_port, port.target_port, port.protocol));
    json!({
        "CurrentState": format!("{} {}", capital(&task.status.state), ago(&task.status.timestamp, now)),
        "DesiredState": capital(&task.desired_state),
        "Error": error(&task.status.err),
        "ID": task.id.chars().take(12).collect::<String>(),
        "Image": image(&task.spec.container_spec.image),
        "Name": name,
        "Node": node.map_or(&task.node_id, |node| &node.typed.description.hostname),
        "Ports": ports.collect::<Vec<_>>().join(","),
    })
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// In quotes, and no longer than the table has room for.
fn error(text: &str) -> String {
    match text.chars().count() {
        0 => String::new(),
        1..31 => format!("\"{text}\""),
        _ => format!("\"{}…\"", text.chars().take(29).collect::<String>()),
    }
}

/// Without the digest, if it has a tag, and without what goes without saying.
fn image(name: &str) -> String {
    let parsed = ImageName::parse(name);
    if parsed.tag.is_none() {
        return name.to_owned();
    }
    let short = ImageName { digest: None, ..parsed }.to_string();
    let short = short.strip_prefix("docker.io/").unwrap_or(&short);
    short.strip_prefix("library/").unwrap_or(short).to_owned()
}

#[cfg(test)]
mod tests {
    use time::format_description::well_known::Rfc3339;

    use super::*;

    fn read<T: serde::de::DeserializeOwned>(values: &[Value]) -> Vec<Inspected<T>> {
        values.iter().map(|value| Inspected::new(value.clone(), "a test's").unwrap()).collect()
    }

    /// What `docker stack ps --format '{{json .}}'` of 28.5 printed of the same tasks.
    #[test]
    fn lines_of_the_command() {
        let task = |id: &str, service: &str, slot: u64, created: &str, more: Value| {
            let mut task = json!({
                "ID": id, "ServiceID": service, "Slot": slot, "NodeID": "wvuwbydh95gw65z3z7v0evh8g",
                "CreatedAt": created, "DesiredState": "shutdown",
            });
            task.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
            task
        };
        let rejected = |image: &str, at: &str| {
            json!({
                "Spec": {"ContainerSpec": {"Image": image}},
                "Status": {"Timestamp": at, "State": "rejected", "Err": format!("No such image: {image}")},
            })
        };
        let busybox = "quay.io/prometheus/busybox:latest";
        let running = json!({
            "DesiredState": "running", "Spec": {"ContainerSpec": {"Image": "docker.io/library/tiny:1@sha256:0a"}},
            "Status": {"Timestamp": "2026-11-23T15:52:31Z", "State": "running", "PortStatus": {"Ports": [
                {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8080, "PublishMode": "host"}]}},
        });
        let tasks = read(&[
            task(
                "6pyetfqrn29vqxj5k6rjmaedq",
                "b",
                0,
                "2026-11-23T15:53:24.365958813Z",
                rejected(busybox, "2026-11-23T15:53:26.11Z"),
            ),
            task(
                "820lrbephggtyclcvyse68lpm",
                "b",
                0,
                "2026-11-23T15:53:26.13200568Z",
                rejected(busybox, "2026-11-23T15:53:26.37Z"),
            ),
            task("ojd89sprwnqojs6tcoc1wagg7", "a", 10, "2026-11-23T15:53:24.378875073Z", running),
            task(
                "txc3eytwbwemfg6id9aq48b6p",
                "a",
                2,
                "2026-11-23T15:53:24.378781676Z",
                rejected("nonexist:1", "2026-11-23T15:53:26.55Z"),
            ),
        ]);
        let services =
            read(&[json!({"ID": "a", "Spec": {"Name": "zz_a"}}), json!({"ID": "b", "Spec": {"Name": "zz_b"}})]);
        let nodes = read(&[json!({"ID": "wvuwbydh95gw65z3z7v0evh8g", "Description": {"Hostname": "vm"}})]);
        let now = OffsetDateTime::parse("2026-11-23T15:53:31Z", &Rfc3339).unwrap();
        let long = "\"No such image: quay.io/promet…\"";
        let global = "zz_b.wvuwbydh95gw65z3z7v0evh8g";
        let wanted = json!([
            {"CurrentState": "Rejected 4 seconds ago", "DesiredState": "Shutdown", "Error": "\"No such image: nonexist:1\"",
             "ID": "txc3eytwbwem", "Image": "nonexist:1", "Name": "zz_a.2", "Node": "vm", "Ports": ""},
            {"CurrentState": "Running about a minute ago", "DesiredState": "Running", "Error": "",
             "ID": "ojd89sprwnqo", "Image": "tiny:1", "Name": "zz_a.10", "Node": "vm", "Ports": "*:8080->80/tcp"},
            {"CurrentState": "Rejected 4 seconds ago", "DesiredState": "Shutdown", "Error": long,
             "ID": "820lrbephggt", "Image": busybox, "Name": global, "Node": "vm", "Ports": ""},
            {"CurrentState": "Rejected 4 seconds ago", "DesiredState": "Shutdown", "Error": long,
             "ID": "6pyetfqrn29v", "Image": busybox, "Name": global, "Node": "vm", "Ports": ""},
        ]);
        assert_eq!(json!(lines(&tasks, &services, &nodes, now)), wanted);
    }
}

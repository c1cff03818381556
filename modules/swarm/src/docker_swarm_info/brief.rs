//! The facts of which `docker node ls`, `docker service ls` and `docker service ps` make their tables.

use serde_json::{Value, json};

pub fn node(node: &Value) -> Value {
    let at = |place: &str| node.pointer(place).cloned().unwrap_or_default();
    let leads = at("/ManagerStatus/Leader") == json!(true);
    json!({
        "ID": at("/ID"),
        "Hostname": at("/Description/Hostname"),
        "Status": at("/Status/State"),
        "Availability": at("/Spec/Availability"),
        "ManagerStatus": if leads { json!("Leader") } else { at("/ManagerStatus/Reachability") },
        "EngineVersion": at("/Description/Engine/EngineVersion"),
    })
}

pub fn task(task: &Value, nodes: &[Value]) -> Value {
    let at = |place: &str| task.pointer(place).cloned().unwrap_or_default();
    let id = at("/NodeID");
    let node = nodes.iter().find(|node| node.get("ID") == Some(&id));
    json!({
        "ID": at("/ID"),
        "ContainerID": at("/Status/ContainerStatus/ContainerID"),
        "Image": at("/Spec/ContainerSpec/Image"),
        "Node": node.and_then(|node| node.pointer("/Description/Hostname")),
        "DesiredState": at("/DesiredState"),
        "CurrentState": at("/Status/State"),
        "Error": at("/Status/Err"),
    })
}

pub fn service(service: &Value) -> Value {
    let at = |place: &str| service.pointer(place).cloned().unwrap_or_default();
    // One mode is there, with its settings.
    let mode = service.pointer("/Spec/Mode").and_then(Value::as_object).and_then(|mode| mode.keys().next());
    let replicas = match mode.map(String::as_str) {
        Some("Replicated") => at("/Spec/Mode/Replicated/Replicas"),
        Some("ReplicatedJob") => at("/Spec/Mode/ReplicatedJob/TotalCompletions"),
        _ => at("/ServiceStatus/DesiredTasks"),
    };
    json!({
        "ID": at("/ID"),
        "Name": at("/Spec/Name"),
        "Mode": mode,
        "Replicas": replicas,
        "Image": at("/Spec/TaskTemplate/ContainerSpec/Image"),
        "Ports": service.pointer("/Spec/EndpointSpec/Ports").cloned().unwrap_or_else(|| json!([])),
    })
}

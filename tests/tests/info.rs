//! `docker_container_info`, `docker_volume_info` and `docker_host_info` against real engines.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use serde_json::{Value, json};
use tests::{Call, Engine, Version};

fn call(engine: &Engine, module: &str, mut arguments: Value) -> Value {
    if arguments.get("docker_host").is_none() {
        arguments["docker_host"] = engine.docker_host().into();
    }
    Call::of(module, &arguments).unwrap().run().unwrap()
}

fn docker(engine: &Engine, words: &[&str]) -> String {
    let done = engine.docker().args(words).output().unwrap();
    assert!(done.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

fn inspected(engine: &Engine, kind: &str, name: &str) -> Value {
    serde_json::from_str::<Value>(&docker(engine, &[kind, "inspect", name])).unwrap()[0].clone()
}

#[test]
fn on_the_oldest_engine() {
    information(&Engine::start(Version::Oldest).unwrap());
}

#[test]
fn on_the_newest_engine() {
    information(&Engine::start(Version::Newest).unwrap());
}

fn information(engine: &Engine) {
    engine.load_image("tiny:1").unwrap();
    let id = docker(engine, &["run", "-d", "--name", "up", "-l", "tier=front", "-l", "n=1", "tiny:1", "sleep", "1000"]);
    docker(engine, &["create", "--name", "down", "--label", "tier=front", "tiny:1", "true"]);
    docker(engine, &["volume", "create", "--label", "keep=yes", "data"]);
    containers(engine, &id);
    volumes(engine);
    host(engine);
    lists(engine);
}

fn containers(engine: &Engine, id: &str) {
    for word in ["up", "/up", id, &id[..12]] {
        let seen = call(engine, "docker_container_info", json!({"name": word}));
        assert_eq!((&seen["changed"], &seen["exists"]), (&json!(false), &json!(true)), "{word}: {seen}");
        assert_eq!(seen["container"], inspected(engine, "container", "up"), "{word}");
    }
    for word in ["u", "upper", &id[..8], "", "/", "a b/c?d"] {
        let seen = call(engine, "docker_container_info", json!({"name": word}));
        assert_eq!((&seen["exists"], &seen["container"]), (&json!(false), &Value::Null), "{word}: {seen}");
    }
}

fn volumes(engine: &Engine) {
    for arguments in [json!({"name": "data"}), json!({"volume_name": "data"})] {
        let seen = call(engine, "docker_volume_info", arguments);
        assert_eq!((&seen["changed"], &seen["exists"]), (&json!(false), &json!(true)), "{seen}");
        assert_eq!(seen["volume"], inspected(engine, "volume", "data"));
    }
    for name in ["dat", "", "a b/c?d"] {
        let seen = call(engine, "docker_volume_info", json!({"name": name}));
        assert_eq!((&seen["exists"], &seen["volume"]), (&json!(false), &Value::Null), "{name}: {seen}");
    }
}

fn host(engine: &Engine) {
    let seen = call(engine, "docker_host_info", json!({}));
    assert_eq!((&seen["changed"], &seen["can_talk_to_docker"]), (&json!(false), &json!(true)));
    assert_eq!(seen["host_info"]["ContainersRunning"], 1);
    for absent in ["containers", "images", "networks", "volumes", "disk_usage"] {
        assert_eq!(seen.get(absent), None, "{absent}");
    }
    for (arguments, can_talk, wanted) in [
        (json!({"docker_host": "tcp://127.0.0.1:9"}), false, "refused the connection"),
        (json!({"api_version": "1.999.999"}), false, "is not a version"),
        (json!({"api_version": "1.99"}), false, "too new"),
        (json!({"containers": true, "containers_filters": {"nope": "x"}}), true, "for object 'containers'"),
    ] {
        let refused = call(engine, "docker_host_info", arguments.clone());
        let msg = refused["msg"].as_str().unwrap_or_default();
        assert!(refused["failed"] == json!(true) && msg.contains(wanted), "{arguments}: {refused}");
        assert_eq!(refused["can_talk_to_docker"], can_talk, "{arguments}");
    }
}

fn lists(engine: &Engine) {
    let keys = |item: &Value| item.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let all = json!({"containers": true, "images": true, "networks": true, "volumes": true, "disk_usage": true});
    let brief = call(engine, "docker_host_info", all.clone());
    assert_eq!(keys(&brief["containers"][0]), ["Id", "Image", "Command", "Created", "Status", "Ports", "Names"]);
    assert_eq!(keys(&brief["images"][0]), ["Id", "RepoTags", "Created", "Size"]);
    assert_eq!(keys(&brief["networks"][0]), ["Id", "Driver", "Name", "Scope"]);
    assert_eq!(brief["volumes"], json!([{"Driver": "local", "Name": "data"}]));
    assert_eq!(keys(&brief["disk_usage"]), ["LayersSize"]);
    assert!(brief["disk_usage"]["LayersSize"].as_u64().unwrap() > 0);

    let mut verbose = all;
    verbose["verbose_output"] = true.into();
    let whole = call(engine, "docker_host_info", verbose);
    assert!(whole["containers"][0]["ImageID"].is_string() && whole["images"][0]["ParentId"].is_string());
    assert_eq!(whole["volumes"][0], inspected(engine, "volume", "data"));
    for kind in ["Images", "Containers", "Volumes"] {
        assert!(whole["disk_usage"][kind].is_array(), "{kind}: {whole}");
    }

    let count = |kind: &str, more: Value| {
        let mut arguments = json!({kind: true});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call(engine, "docker_host_info", arguments)[kind].as_array().unwrap().len()
    };
    for (kind, more, wanted) in [
        ("containers", json!({}), 1),
        ("containers", json!({"containers_all": true}), 2),
        ("containers", json!({"containers_all": true, "containers_filters": {"label": "tier=front"}}), 2),
        ("containers", json!({"containers_filters": {"label": ["tier=front", "n=1"]}}), 1),
        ("containers", json!({"containers_all": true, "containers_filters": {"label": ["tier=front", "n=2"]}}), 0),
        ("containers", json!({"containers_all": true, "containers_filters": {"name": ["up", "down"]}}), 2),
        ("images", json!({"images_filters": {"dangling": true}}), 0),
        ("images", json!({"images_filters": {"dangling": false, "reference": "tiny"}}), 1),
        ("networks", json!({"networks_filters": {"driver": ["bridge", "host"]}}), 2),
        ("volumes", json!({"volumes_filters": {"label": "keep=yes"}}), 1),
        ("volumes", json!({"volumes_filters": {"label": "keep=no"}}), 0),
    ] {
        assert_eq!(count(kind, more.clone()), wanted, "{kind} {more}");
    }
}

//! `docker_prune` against real engines: check mode foretells what then goes, to the byte, and nothing else does.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Call, Engine, Version};

fn call(engine: &Engine, mut arguments: Value) -> Call {
    arguments["docker_host"] = engine.docker_host().into();
    Call::of("docker_prune", &arguments).unwrap()
}

fn docker(engine: &Engine, words: &[&str]) -> String {
    let done = engine.docker().args(words).env("DOCKER_BUILDKIT", "0").output().unwrap();
    assert!(done.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// A list as a set: the engine has no order for what goes.
fn set(result: &Value, key: &str) -> BTreeSet<String> {
    result[key].as_array().unwrap().iter().map(Value::to_string).collect()
}

/// Foretells, does, and does again: what went is what was foretold, and the second run changes nothing.
fn prunes(engine: &Engine, arguments: Value) -> Value {
    let all = |engine: &Engine| {
        ["ps --all --quiet", "images --all --quiet", "network ls --quiet", "volume ls --quiet"]
            // In no order of its own.
            .map(|list| {
                docker(engine, &list.split(' ').collect::<Vec<_>>()).lines().map(str::to_owned).collect::<BTreeSet<_>>()
            })
    };
    let before = all(engine);
    let foretold = call(engine, arguments.clone()).check().diff().run().unwrap();
    assert_eq!(all(engine), before, "check mode changed something: {arguments}");
    let done = call(engine, arguments.clone()).diff().run().unwrap();
    for key in ["changed", "actions", "diff"] {
        assert_eq!(foretold[key], done[key], "{key} of {arguments}: {foretold} {done}");
    }
    for (key, value) in done.as_object().unwrap() {
        if value.is_array() {
            assert_eq!(set(&foretold, key), set(&done, key), "{key} of {arguments}");
        } else if key.ends_with("_space_reclaimed") {
            assert_eq!(foretold[key], done[key], "{key} of {arguments}");
        }
    }
    let again = call(engine, arguments.clone()).diff().run().unwrap();
    assert_eq!((&again["changed"], &again["actions"]), (&json!(false), &json!([])), "{arguments}: {again}");
    done
}

#[test]
fn prune_on_the_oldest_engine() {
    prune(&Engine::start(Version::Oldest).unwrap());
}

#[test]
fn prune_on_the_newest_engine() {
    prune(&Engine::start(Version::Newest).unwrap());
}

fn prune(engine: &Engine) {
    engine.load_image("tiny:1").unwrap();
    containers(engine);
    images(engine);
    networks_and_volumes(engine);
}

fn containers(engine: &Engine) {
    for (name, label) in [("old", "a=b"), ("kept", "keep=1"), ("other", "a=c")] {
        let write = "head -c 12345 /dev/zero > /file";
        docker(engine, &["run", "--name", name, "--label", label, "tiny:1", "sh", "-c", write]);
    }
    docker(engine, &["create", "--name", "fresh", "tiny:1", "true"]);
    docker(engine, &["run", "--detach", "--name", "busy", "tiny:1", "sleep", "1000"]);
    let none = prunes(engine, json!({"containers": true, "containers_filters": {"until": "24h"}}));
    assert_eq!(none["changed"], json!(false));
    let one = prunes(engine, json!({"containers": true, "containers_filters": {"label": "a=b", "until": "0s"}}));
    assert_eq!(one["containers"].as_array().unwrap().len(), 1);
    assert_eq!(one["containers_space_reclaimed"], json!(12345));
    let two = prunes(engine, json!({"containers": true, "containers_filters": {"label!": "keep"}}));
    assert_eq!(two["containers"].as_array().unwrap().len(), 2);
    assert_eq!(docker(engine, &["ps", "--all", "--format", "{{.Names}}"]), "busy\nkept");
    docker(engine, &["rm", "--force", "busy", "kept"]);
}

/// Builds an image of a Dockerfile, by the engine's own builder.
fn build(engine: &Engine, tag: &str, dockerfile: &str) {
    let version = docker(engine, &["version", "--format", "{{.Server.Version}}"]);
    let folder = std::env::temp_dir().join(format!("cdgp-prune-{}-{version}-{tag}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("Dockerfile"), dockerfile).unwrap();
    docker(engine, &["build", "--quiet", "--tag", tag, folder.to_str().unwrap()]);
    std::fs::remove_dir_all(&folder).unwrap();
}

fn images(engine: &Engine) {
    build(engine, "one", "FROM tiny:1\nENV A=b\nWORKDIR /w\nRUN head -c 2000 /dev/zero > /a\nRUN true\n");
    build(engine, "two", "FROM one\nRUN head -c 300 /dev/zero > /b\nLABEL keep=1\n");
    build(engine, "three", "FROM one\nRUN head -c 40 /dev/zero > /c\n");
    let none = prunes(engine, json!({"images": true}));
    assert_eq!(
        (&none["changed"], &none["images"], &none["images_space_reclaimed"]),
        (&json!(false), &json!([]), &json!(0))
    );
    // Its name moves on, so that the image of before has none.
    build(engine, "three", "FROM one\nRUN head -c 50 /dev/zero > /c\n");
    let dangling = prunes(engine, json!({"images": true}));
    assert_eq!(dangling["images_space_reclaimed"], json!(40));
    docker(engine, &["create", "--name", "user", "three"]);
    docker(engine, &["tag", "tiny:1", "tiny:2"]);
    docker(engine, &["tag", "three", "drei"]);
    // `two` has a label, `three` a container, and `one` is below both.
    let tagged = prunes(engine, json!({"images": true, "images_filters": {"dangling": false, "label!": "keep"}}));
    assert_eq!(tagged["images_space_reclaimed"], json!(0));
    let both = prunes(
        engine,
        json!({"containers": true, "images": true, "images_filters": {"dangling": false, "label!": "keep"}}),
    );
    assert_eq!(both["images_space_reclaimed"], json!(50));
    let rest = prunes(engine, json!({"images": true, "images_filters": {"dangling": "false"}}));
    assert!(rest["images_space_reclaimed"].as_i64().unwrap() > 2300, "{rest}");
    assert_eq!(docker(engine, &["images", "--all", "--quiet"]), "");
    engine.load_image("tiny:1").unwrap();
}

fn networks_and_volumes(engine: &Engine) {
    for (name, label) in [("net1", "a=b"), ("net2", "keep=1"), ("net3", "a=c")] {
        docker(engine, &["network", "create", "--label", label, name]);
    }
    docker(
        engine,
        &["run", "--detach", "--name", "busy", "--network", "net3", "--volume", "/data", "tiny:1", "sleep", "1000"],
    );
    let write = "head -c 5000 /dev/zero > /data/file";
    docker(engine, &["run", "--name", "gone", "--volume", "/data", "tiny:1", "sh", "-c", write]);
    let networks = prunes(engine, json!({"networks": true, "networks_filters": {"label!": ["keep"]}}));
    assert_eq!(networks["networks"], json!(["net1"]));
    let none = prunes(engine, json!({"volumes": true}));
    assert_eq!(none["changed"], json!(false), "a stopped container's volume stays");
    docker(engine, &["rm", "gone"]);
    let volumes = prunes(engine, json!({"volumes": true}));
    assert_eq!(volumes["volumes"].as_array().unwrap().len(), 1);
    assert!(volumes["volumes_space_reclaimed"].as_i64().unwrap() >= 5000, "{volumes}");
    docker(engine, &["rm", "--force", "--volumes", "busy"]);
}

//! `docker_container` against real engines, where the peer's tests leave something out.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use serde_json::{Value, json};
use tests::{Call, Engine, Version};

/// Runs the task twice: the second time must change nothing. The result of the first.
fn twice(engine: &Engine, arguments: Value) -> Value {
    let call = |check: bool| {
        let mut arguments = arguments.clone();
        arguments["docker_host"] = engine.docker_host().into();
        let call = Call::of("docker_container", &arguments).unwrap();
        if check { call.check() } else { call }.run().unwrap()
    };
    let (foretold, first, second) = (call(true), call(false), call(false));
    assert_eq!(first["failed"], Value::Null, "{first}");
    assert_eq!(foretold["actions"], first["actions"], "{foretold}");
    assert_eq!((&second["changed"], &second["actions"]), (&json!(false), &json!([])), "{arguments}: {second}");
    first
}

#[test]
fn on_the_oldest_engine() {
    addresses_links_and_devices(&Engine::start(Version::Oldest).unwrap());
}

#[test]
fn on_the_newest_engine() {
    addresses_links_and_devices(&Engine::start(Version::Newest).unwrap());
}

fn addresses_links_and_devices(engine: &Engine) {
    engine.load_image("tiny:1").unwrap();
    let made = engine.docker().args(["network", "create", "lan"]).output().unwrap();
    assert!(made.status.success());
    let sleeper = |more: Value| {
        let mut arguments = json!({"image": "tiny:1", "command": "sleep 1000", "force_kill": true});
        arguments.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        arguments
    };

    let mac = "92:d0:c6:0a:29:33";
    for (name, networks) in [("plain", json!([])), ("in_lan", json!([{"name": "lan"}]))] {
        let made =
            twice(engine, sleeper(json!({"name": name, "mac_address": mac.to_uppercase(), "networks": networks})));
        let seen = engine.docker().args(["exec", name, "cat", "/sys/class/net/eth0/address"]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&seen.stdout).trim(), mac, "{made}");
        twice(engine, json!({"name": name, "state": "stopped", "force_kill": true}));
        twice(engine, sleeper(json!({"name": name, "mac_address": mac, "networks": networks, "state": "present"})));
        twice(engine, json!({"name": name, "state": "absent"}));
    }

    twice(engine, sleeper(json!({"name": "db"})));
    let made = twice(engine, sleeper(json!({"name": "web", "links": ["db:database", "db"]})));
    assert_eq!(made["container"]["HostConfig"]["Links"].as_array().unwrap().len(), 2, "{made}");
    let seen = engine.docker().args(["exec", "web", "cat", "/etc/hosts"]).output().unwrap();
    assert!(String::from_utf8_lossy(&seen.stdout).contains("database"), "{seen:?}");

    twice(
        engine,
        sleeper(json!({
            "name": "limited", "devices": ["/dev/null:/dev/other"],
            "device_read_bps": [{"path": "/dev/null", "rate": "20M"}], "device_write_bps": [{"path": "/dev/null", "rate": 1024}],
            "device_read_iops": [{"path": "/dev/null", "rate": 10}], "device_write_iops": [{"path": "/dev/null", "rate": "20"}],
            "state": "present",
        })),
    );
    twice(engine, sleeper(json!({"name": "old", "container_default_behavior": "compatibility"})));

    // Strict networks leave the one in which the engine starts a container.
    for (name, networks) in [("alone", json!([])), ("elsewhere", json!([{"name": "lan"}]))] {
        let strict = json!({
            "name": name, "networks": networks, "networks_cli_compatible": false, "comparisons": {"networks": "strict"},
        });
        let made = twice(engine, sleeper(strict));
        let connected = made["container"]["NetworkSettings"]["Networks"].as_object().unwrap();
        assert_eq!(connected.len(), networks.as_array().unwrap().len(), "{made}");
    }
}

#[test]
fn copied_content_is_a_secret_but_for_the_diff() {
    let engine = Engine::start(Version::Newest).unwrap();
    engine.load_image("tiny:1").unwrap();
    twice(&engine, json!({"name": "web", "image": "tiny:1", "command": "sleep 1000"}));
    let arguments = json!({
        "container": "web", "container_path": "/file", "content": "hunter22", "mode": "0600", "owner_id": 0, "group_id": 0,
        "docker_host": engine.docker_host(),
    });
    let copied = Call::of("docker_container_copy_into", &arguments).unwrap().diff().run().unwrap();
    assert_eq!((&copied["changed"], &copied["diff"]["after"]), (&json!(true), &json!("hunter22")), "{copied}");
    assert!(!copied["invocation"].to_string().contains("hunter22"), "{copied}");
}

#[test]
fn a_limit_that_the_engine_drops_is_told() {
    let engine = Engine::start(Version::Newest).unwrap();
    engine.load_image("tiny:1").unwrap();
    let arguments = json!({
        "name": "web", "image": "tiny:1", "command": "sleep 1000", "kernel_memory": "8M", "docker_host": engine.docker_host(),
    });
    let made = Call::of("docker_container", &arguments).unwrap().run().unwrap();
    assert!(made["warnings"].to_string().contains("`kernel_memory`: the engine did not keep it"), "{made}");
}

//! What clumsy users do, against real engines: names that are none, limits that the engine can't change as asked, signals
//! that do not end a process.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use serde_json::{Value, json};
use tests::{Call, Engine, Version};

#[test]
fn on_the_oldest_engine() {
    everything(&Engine::start(Version::Oldest).unwrap());
}

#[test]
fn on_the_newest_engine() {
    everything(&Engine::start(Version::Newest).unwrap());
}

fn everything(engine: &Engine) {
    engine.load_image("tiny:1").unwrap();
    assert!(engine.docker().args(["network", "create", "lan"]).status().unwrap().success());
    names_that_are_none(engine);
    limits(engine);
    addresses_in_capitals(engine);
    a_signal_that_does_not_end_the_process(engine);
}

/// Engines before API 1.44 would take a network's MAC address and forget it.
fn addresses_in_capitals(engine: &Engine) {
    let arguments = json!({
        "name": "web", "image": "tiny:1", "command": "sleep 1000", "force_kill": true,
        "networks": [{"name": "lan", "mac_address": "02-42-0A-4D-00-77"}],
    });
    let first = call(engine, "docker_container", &arguments, false);
    if let Some(msg) = first["msg"].as_str() {
        let needs = "Docker API version is 1.41. Minimum version required is 1.44 to set networks.mac_address option.";
        assert_eq!(msg, needs);
        return;
    }
    let second = call(engine, "docker_container", &arguments, false);
    assert_eq!(second["actions"], json!([]), "{first}");
}

fn call(engine: &Engine, module: &str, arguments: &Value, check: bool) -> Value {
    let mut arguments = arguments.clone();
    arguments["docker_host"] = engine.docker_host().into();
    let call = Call::of(module, &arguments).unwrap();
    if check { call.check() } else { call }.run().unwrap()
}

/// Check mode and the real run fail alike, and nothing is made.
fn names_that_are_none(engine: &Engine) {
    for name in ["", "a", "a/b", "..", "../../x", "a b", "a\nb", "a?force=1", "é"] {
        for check in [true, false] {
            let container = json!({"name": name, "image": "tiny:1", "state": "present"});
            let made = call(engine, "docker_container", &container, check);
            assert!(made["msg"].as_str().unwrap().starts_with("`name`: "), "{made}");
            let made = call(engine, "docker_volume", &json!({"name": name}), check);
            assert!(made["msg"].as_str().unwrap().starts_with("`volume_name`: "), "{made}");
        }
    }
    for name in ["", "..", "a//b", "a\nb"] {
        let made = call(engine, "docker_network", &json!({"name": name}), false);
        assert!(made["msg"].as_str().unwrap().starts_with("`name`"), "{made}");
    }
    for list in [["ps", "-aq"].as_slice(), &["volume", "ls", "-q"], &["network", "ls", "-q", "--filter", "name=a"]] {
        let left = String::from_utf8(engine.docker().args(list).output().unwrap().stdout).unwrap();
        assert!(left.lines().count() <= usize::from(list[0] == "network"), "{list:?}: {left}");
    }
}

/// One container, changed from wish to wish: each is settled after one run, and check mode foretells it.
fn limits(engine: &Engine) {
    let wishes = [
        json!({}),
        json!({"memory": "64M"}),
        json!({"memory": "1G"}),
        json!({"memory": "32M"}),
        json!({"memory": "0"}),
        json!({"memory": "64M", "memory_swap": "unlimited"}),
        json!({"memory": "128M"}),
        json!({"cpu_shares": 512}),
        json!({"cpu_shares": 0}),
        json!({"pids_limit": 100}),
        json!({"pids_limit": -1}),
        json!({"restart_policy": "on-failure", "restart_retries": 3}),
        json!({"restart_policy": "always", "restart_retries": 3}),
        json!({"working_dir": "/tmp//x/../"}),
        json!({"hostname": ""}),
        json!({"env": {"A=B": "c"}}),
    ];
    for wish in wishes {
        let mut arguments = json!({"name": "web", "image": "tiny:1", "command": "sleep 1000", "force_kill": true});
        arguments.as_object_mut().unwrap().extend(wish.as_object().cloned().unwrap());
        let run = |check: bool| call(engine, "docker_container", &arguments, check);
        let (foretold, first, second) = (run(true), run(false), run(false));
        assert_eq!(first["failed"], Value::Null, "{wish}: {}", first["msg"]);
        assert_eq!(foretold["actions"], first["actions"], "{wish}");
        assert_eq!(second["actions"], json!([]), "{wish}");
    }
}

/// `sleep` as the first process takes no notice of SIGINT.
fn a_signal_that_does_not_end_the_process(engine: &Engine) {
    let arguments = json!({
        "name": "web", "state": "absent", "force_kill": true, "kill_signal": "INT", "stop_timeout": 1,
    });
    let gone = call(engine, "docker_container", &arguments, false);
    assert_eq!(gone["actions"], json!(["kill container web with INT", "remove container web"]));
}

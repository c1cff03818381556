//! What a wait that was in vain tells, on real engines.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Call, Engine, Version};

fn healthy(engine: &Engine, name: &str, command: &str, check: &str) -> Value {
    let arguments = json!({
        "name": name, "image": "tiny:1", "command": ["sh", "-c", command], "state": "healthy", "healthy_wait_timeout": 3,
        "healthcheck": {"test": ["CMD", "sh", "-c", check], "interval": "1s", "retries": 2},
        "docker_host": engine.docker_host(),
    });
    Call::of("docker_container", &arguments).unwrap().run().unwrap()
}

#[test]
fn a_timeout_tells_why() {
    for version in [Version::Oldest, Version::Newest] {
        let engine = Engine::start(version).unwrap();
        engine.load_image("tiny:1").unwrap();
        for (name, command, check, words) in [
            (
                "sick",
                "echo no database; exec sleep 1000",
                "echo refused; exit 7",
                &["it is running", "says that it is unhealthy", "exit code 7, printed: refused", "no database"][..],
            ),
            ("gone", "echo bad option; sleep 2; exit 3", "false", &["it ended with exit code 3", "bad option"]),
            ("slow", "exec sleep 1000", "sleep 100", &["it is running; its health check has not been content yet"]),
        ] {
            let failed = healthy(&engine, name, command, check);
            let message = failed["msg"].as_str().unwrap();
            assert!(message.starts_with("Timeout of 3.0 seconds exceeded while waiting for container "), "{message}");
            assert!(words.iter().all(|word| message.contains(word)), "{version:?} {name}: {message}");
        }
    }
}

#[test]
fn an_engine_that_dies_meanwhile_is_named() {
    for (version, arguments) in [
        (Version::Newest, json!({"detach": false})),
        (Version::Oldest, json!({"detach": false})),
        (Version::Newest, json!({"state": "healthy", "healthcheck": {"test": "false", "interval": "1s"}})),
    ] {
        let engine = Engine::start(version).unwrap();
        engine.load_image("tiny:1").unwrap();
        let place = engine.docker_host();
        let mut task = json!({"name": "job", "image": "tiny:1", "command": "sleep 1000", "docker_host": place});
        task.as_object_mut().unwrap().extend(arguments.as_object().cloned().unwrap());
        let waiting = Call::of("docker_container", &task).unwrap().start().unwrap();
        let start = Instant::now();
        let running = || engine.docker().args(["ps", "--quiet"]).output().unwrap().stdout;
        while running().is_empty() {
            assert!(start.elapsed() < Duration::from_secs(30));
            sleep(Duration::from_millis(50));
        }
        // Into the wait.
        sleep(Duration::from_secs(1));
        drop(engine);
        let failed: Value = serde_json::from_slice(&waiting.wait_with_output().unwrap().stdout).unwrap();
        let message = failed["msg"].as_str().unwrap();
        assert!(message.contains(place.trim_start_matches("unix://")), "{message}");
    }
}

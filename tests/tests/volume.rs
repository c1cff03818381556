//! `docker_volume` against real engines.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use serde_json::{Value, json};
use tests::{Call, Engine, Version};

fn volume(engine: &Engine, mut arguments: Value) -> Value {
    arguments["docker_host"] = engine.docker_host().into();
    Call::of("docker_volume", &arguments).unwrap().diff().run().unwrap()
}

/// Everything that the engine says reaches the user in the same words, whatever the module.
#[test]
fn what_the_engine_refuses_is_told_with_the_action() {
    for version in [Version::Oldest, Version::Newest] {
        let engine = Engine::start(version).unwrap();
        engine.load_image("tiny:1").unwrap();
        let made = volume(&engine, json!({"volume_name": "data", "labels": {"a": "b"}}));
        assert_eq!((&made["changed"], &made["volume"]["Labels"]["a"]), (&json!(true), &json!("b")), "{made}");
        let user =
            engine.docker().args(["create", "--name", "user", "--volume", "data:/data", "tiny:1"]).output().unwrap();
        assert!(user.status.success(), "{user:?}");

        let used = volume(&engine, json!({"volume_name": "data", "state": "absent"}));
        let msg = used["msg"].as_str().unwrap();
        assert!(msg.starts_with("remove volume data: the engine answered 409: ") && msg.contains("in use"), "{used}");
        assert_eq!((&used["failed"], &used["actions_done"]), (&json!(true), &json!([])));

        let option = volume(&engine, json!({"volume_name": "more", "driver_options": {"bogus": "1"}}));
        let msg = option["msg"].as_str().unwrap();
        assert!(msg.starts_with("create volume more with driver local: the engine answered 400: "), "{option}");
    }
}

//! `docker_context_info` against contexts that the docker command itself made.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use std::path::Path;

use serde_json::{Value, json};
use tests::{Call, Engine, Version};

fn contexts(config: &Path, arguments: &Value) -> Value {
    let call = Call::of("docker_context_info", arguments).unwrap();
    call.env("DOCKER_CONFIG", config).env("DOCKER_HOST", "").env("DOCKER_CONTEXT", "").run().unwrap()
}

#[test]
fn contexts_of_the_command_line() {
    let engine = Engine::start(Version::Newest).unwrap();
    let docker = |words: &[&str]| {
        let done = engine.docker().env_remove("DOCKER_HOST").args(words).output().unwrap();
        assert!(done.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    };
    let config = engine.socket().with_file_name("config");
    let here = format!("host={}", engine.docker_host());

    let alone = contexts(&config, &json!({}));
    assert_eq!((&alone["current_context_name"], &alone["changed"]), (&json!("default"), &json!(false)));
    assert_eq!(alone["contexts"].as_array().unwrap().len(), 1, "{alone}");
    assert_eq!(alone["contexts"][0]["config"], json!({"docker_host": "unix:///var/run/docker.sock", "tls": false}));

    docker(&["context", "create", "here", "--description", "This one", "--docker", &here]);
    docker(&["context", "create", "far", "--docker", "host=tcp://far:2376,skip-tls-verify=true"]);
    docker(&["context", "use", "here"]);
    let all = contexts(&config, &json!({}));
    let names: Vec<&Value> = all["contexts"].as_array().unwrap().iter().map(|context| &context["name"]).collect();
    assert_eq!(names, ["default", "far", "here"]);
    assert_eq!(all["current_context_name"], docker(&["context", "show"]));
    assert_eq!(
        all["contexts"][1]["config"],
        json!({"docker_host": "tcp://far:2376", "tls": true, "validate_certs": false})
    );

    let current = contexts(&config, &json!({"only_current": true}));
    let [context] = current["contexts"].as_array().unwrap().as_slice() else { panic!("{current}") };
    assert_eq!((&context["name"], &context["description"]), (&json!("here"), &json!("This one")));
    assert!(Path::new(context["meta_path"].as_str().unwrap()).join("meta.json").exists(), "{context}");
    let reached = Call::of("docker_host_info", &context["config"]).unwrap().run().unwrap();
    assert_eq!(reached["can_talk_to_docker"], json!(true), "{reached}");

    let other = contexts(&config, &json!({"cli_context": "far", "only_current": true}));
    assert_eq!((&other["contexts"][0]["name"], &other["contexts"][0]["current"]), (&json!("far"), &json!(true)));
    for (arguments, message) in [
        (json!({"name": "none"}), "`cli_context` \"none\""),
        (json!({"name": "far", "only_current": true}), "mutually exclusive"),
    ] {
        let failed = contexts(&config, &arguments);
        assert!(failed["msg"].as_str().unwrap().contains(message), "{failed}");
    }
}

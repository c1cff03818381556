//! `docker_stack` and registries: which digest a service runs, and whose login the nodes pull with.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use serde_json::{Value, json};
use tests::{Call, Engine, Registry, Version};

/// `someone` with the password `secret`.
const HTPASSWD: &str = "someone:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";

fn docker(engine: &Engine, words: &[&str]) -> String {
    let done = engine.docker().args(words).output().unwrap();
    assert!(done.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

fn call(engine: &Engine, image: &str, more: &Value) -> Call {
    let service = json!({"image": image, "command": "sleep 1000", "stop_grace_period": "0s"});
    let mut arguments = json!({
        "name": "s", "compose": [{"services": {"web": service}}], "docker_host": engine.docker_host(),
    });
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Call::of("docker_stack", &arguments).unwrap()
}

fn image(engine: &Engine) -> String {
    docker(engine, &["service", "inspect", "--format", "{{.Spec.TaskTemplate.ContainerSpec.Image}}", "s_web"])
}

/// Pushes a new image under `name`; its digest.
fn push(engine: &Engine, name: &str, mark: &str) -> String {
    engine.load_image("tiny:1").unwrap();
    docker(engine, &["create", "--name", "made", "--label", mark, "tiny:1", "true"]);
    docker(engine, &["commit", "made", name]);
    docker(engine, &["rm", "made"]);
    docker(engine, &["push", "--quiet", name]);
    let digest = docker(engine, &["image", "inspect", "--format", "{{index .RepoDigests 0}}", name]);
    docker(engine, &["image", "rm", name]);
    digest.split_once('@').unwrap().1.to_owned()
}

#[test]
fn a_service_runs_what_the_registry_had() {
    let engine = Engine::start(Version::Newest).unwrap();
    docker(&engine, &["swarm", "init", "--advertise-addr", "127.0.0.1"]);
    let registry = Registry::start(&engine, 5000).unwrap();
    let name = format!("{}/app:1", registry.address());
    let run = |more: Value| call(&engine, &name, &more).run().unwrap();
    let first = push(&engine, &name, "one=1");
    assert_eq!(run(json!({"wait": true}))["changed"], json!(true));
    assert_eq!(image(&engine), format!("{name}@{first}"));
    assert_eq!(run(json!({}))["changed"], json!(false));
    let second = push(&engine, &name, "two=2");
    for quiet in ["changed", "never"] {
        assert_eq!(run(json!({"resolve_image": quiet}))["changed"], json!(false), "{quiet}");
    }
    let foretold = call(&engine, &name, &json!({})).check().run().unwrap();
    assert_eq!(foretold["changed"], json!(true), "check mode asks the registry: {foretold}");
    assert_eq!(image(&engine), format!("{name}@{first}"));
    assert_eq!(run(json!({}))["changed"], json!(true));
    assert_eq!(image(&engine), format!("{name}@{second}"));
    drop(registry);
}

#[test]
fn nodes_pull_with_the_users_login() {
    let engine = Engine::start(Version::Newest).unwrap();
    docker(&engine, &["swarm", "init", "--advertise-addr", "127.0.0.1"]);
    let registry = Registry::start_for(&engine, 5000, HTPASSWD).unwrap();
    let name = format!("{}/app:1", registry.address());
    docker(&engine, &["login", "--username", "someone", "--password", "secret", &registry.address()]);
    push(&engine, &name, "one=1");
    let config = engine.socket().with_file_name("config");
    let without = call(&engine, &name, &json!({"wait": true, "wait_timeout": 40})).env("DOCKER_CONFIG", &config);
    let without = without.run().unwrap();
    assert_eq!(without["failed"], json!(true), "{without}");
    assert!(without["msg"].as_str().unwrap().contains("No such image"), "{without}");
    let with = json!({"wait": true, "wait_timeout": 60, "with_registry_auth": true});
    let with = call(&engine, &name, &with).env("DOCKER_CONFIG", &config).run().unwrap();
    assert_eq!((&with["failed"], &with["changed"]), (&Value::Null, &json!(true)), "{with}");
}

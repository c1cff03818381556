//! Check mode changes nothing: a proxy in front of the engine sees only reading calls, whatever the module.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tests::{Call, Engine, Proxy, Registry, Version};

/// A task that would change something, or only looks.
struct Task {
    module: &'static str,
    args: Value,
    outcome: Outcome,
}

/// What a check run tells.
#[derive(PartialEq)]
enum Outcome {
    Change,
    NoChange,
    /// Nobody knows what the command would do: Ansible's answer of a module without check mode.
    Skipped,
}

fn task(module: &'static str, args: Value) -> Task {
    Task { module, args, outcome: Outcome::Change }
}

fn look(module: &'static str, args: Value) -> Task {
    Task { module, args, outcome: Outcome::NoChange }
}

fn skipped(module: &'static str, args: Value) -> Task {
    Task { module, args, outcome: Outcome::Skipped }
}

/// Each module at least once. `folder` holds what a task reads; `config` is the docker client's folder.
fn tasks(folder: &Path, config: &Path) -> Vec<Task> {
    let file = |name: &str| folder.join(name).display().to_string();
    let project = json!({"project_src": folder, "project_name": "web"});
    let with = |more: Value| {
        let mut args = project.clone();
        args.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        args
    };
    vec![
        look("current_container_facts", json!({})),
        task("volume_backup", json!({"name": "data", "directory": file("backups"), "backup": "new"})),
        task("volume_snapshot", json!({"name": "data", "snapshot": "new"})),
        task("docker_compose_v2", with(json!({"state": "present"}))),
        // Compose itself asks the registry, and can't reach the engine's.
        look("docker_compose_v2_pull", with(json!({"policy": "missing"}))),
        task("docker_container", json!({"name": "new", "image": "tiny:1", "command": "sleep 9"})),
        task("docker_container", json!({"name": "web", "image": "tiny:1", "env": {"A": "1"}})),
        task("docker_container", json!({"name": "web", "image": "tiny:1", "memory": "64M"})),
        task("docker_container", json!({"name": "web", "state": "stopped"})),
        task("docker_container", json!({"name": "web", "state": "absent"})),
        task("docker_container", json!({"name": "web", "image": "tiny:1", "safe_replace": true, "command": "sleep 9"})),
        task(
            "docker_container_copy_into",
            // Without an owner it asks the container for its user, by an exec of `id`, as the peer does.
            json!({
                "container": "web", "path": file("compose.yml"), "container_path": "/tmp/compose.yml",
                "owner_id": 0, "group_id": 0,
            }),
        ),
        look("docker_container_info", json!({"name": "web"})),
        look("docker_context_info", json!({})),
        look(
            "docker_host_info",
            json!({"containers": true, "images": true, "networks": true, "volumes": true, "disk_usage": true}),
        ),
        task("docker_image", json!({"name": "tiny:1", "state": "absent", "force_absent": true})),
        task("docker_image", json!({"name": "tiny:1", "repository": "tiny:2", "source": "local"})),
        task("docker_image_build", json!({"name": "built:1", "path": folder})),
        task("docker_image_export", json!({"name": "tiny:1", "path": file("tiny.tar")})),
        look("docker_image_info", json!({"name": "tiny:1"})),
        task("docker_image_pull", json!({"name": "127.0.0.1:5000/tiny:1"})),
        task("docker_image_remove", json!({"name": "tiny:1"})),
        task("docker_image_load", json!({"path": file("saved.tar")})),
        task("docker_image_push", json!({"name": "127.0.0.1:5000/other:1"})),
        task("docker_plugin", json!({"plugin_name": "127.0.0.1:5000/none:1", "state": "present"})),
        skipped("docker_container_exec", json!({"container": "web", "command": "true"})),
        skipped("docker_compose_v2_exec", with(json!({"service": "app", "command": "true"}))),
        skipped("docker_compose_v2_run", with(json!({"service": "app", "command": "true"}))),
        task("docker_image_tag", json!({"name": "tiny:1", "repository": ["other:1"]})),
        task("docker_network", json!({"name": "new"})),
        task("docker_network", json!({"name": "lan", "state": "absent"})),
        task("docker_network", json!({"name": "lan", "connected": ["web"]})),
        look("docker_network_info", json!({"name": "lan"})),
        task("docker_prune", json!({"images": true, "images_filters": {"dangling": false}})),
        task("docker_prune", json!({"volumes": true, "networks": true, "containers": true})),
        task("docker_volume", json!({"name": "new"})),
        task("docker_volume", json!({"name": "data", "state": "absent"})),
        look("docker_volume_info", json!({"name": "data"})),
        look("docker_login", json!({"state": "absent", "config_path": config.join("config.json")})),
    ]
}

#[test]
fn on_the_oldest_engine() {
    only_reads(Version::Oldest);
}

#[test]
fn on_the_newest_engine() {
    only_reads(Version::Newest);
}

fn only_reads(version: Version) {
    let engine = Engine::start(version).unwrap();
    engine.load_image("tiny:1").unwrap();
    engine.add_plugins().unwrap();
    let docker = |words: &[&str]| {
        let done = engine.docker().args(words).output().unwrap();
        assert!(done.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    docker(&["network", "create", "lan"]);
    docker(&["volume", "create", "data"]);
    docker(&["run", "-d", "--name", "web", "tiny:1", "sleep", "1000"]);
    docker(&["create", "--name", "idle", "tiny:1", "sleep", "1000"]);

    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("check-mode-{}", version.number()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("Dockerfile"), "FROM tiny:1\nLABEL a=b\n").unwrap();
    fs::write(folder.join("compose.yml"), "services: {app: {image: 'tiny:1', command: sleep 1000}}\n").unwrap();
    docker(&["save", "-o", &folder.join("saved.tar").display().to_string(), "tiny:1"]);
    let registry = Registry::start(&engine, 5000).unwrap();
    let image = format!("{}/tiny:1", registry.address());
    docker(&["tag", "tiny:1", &image]);
    docker(&["push", "-q", &image]);
    docker(&["tag", &image, &format!("{}/other:1", registry.address())]);
    docker(&["rmi", &image]);
    let config = engine.socket().with_file_name("config");

    let state = || {
        let lists = [
            vec!["ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}} {{.State}}"],
            vec!["image", "ls", "-a", "--no-trunc", "--format", "{{.ID}} {{.Repository}}:{{.Tag}}"],
            vec!["network", "ls", "--no-trunc", "--format", "{{.ID}} {{.Name}}"],
            vec!["volume", "ls", "--format", "{{.Name}}"],
        ];
        // Images of one second come in any order.
        lists.map(|words| docker(&words).lines().map(str::to_owned).collect::<BTreeSet<_>>())
    };
    let before = state();
    // For the modules that go through the docker client.
    let client = PathBuf::from(engine.docker().get_program());
    let path = format!("{}:{}", client.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let proxy = Proxy::start(&engine.socket()).unwrap();
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for Task { module, mut args, outcome } in tasks(&folder, &config) {
        seen.insert(module.to_owned());
        let text = args.to_string();
        if !["current_container_facts", "docker_context_info"].contains(&module) {
            args["docker_host"] = proxy.docker_host().into();
        }
        proxy.reset(None);
        let mut call = Call::of(module, &args).unwrap().check().diff();
        if module.starts_with("volume_") {
            // They read the volume's files, which the engine has.
            call = call.inside(&engine);
        }
        let answer = call.env("PATH", &path).env("DOCKER_CONFIG", &config).run().unwrap();
        let told = match (&answer["failed"], &answer["skipped"], &answer["changed"]) {
            (Value::Null, Value::Null, Value::Bool(true)) => Some(Outcome::Change),
            (Value::Null, Value::Null, _) => Some(Outcome::NoChange),
            (Value::Null, Value::Bool(true), _) => Some(Outcome::Skipped),
            _ => None,
        };
        if told != Some(outcome) {
            wrong.push(format!("{module} {text}: {answer}"));
        }
        let calls = proxy.calls();
        let writes: Vec<_> =
            calls.iter().filter(|call| !call.starts_with("GET ") && !call.starts_with("HEAD ")).collect();
        if !writes.is_empty() {
            wrong.push(format!("{module} {text} sent {writes:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(state(), before);
    assert!(!folder.join("tiny.tar").exists());

    let missing: Vec<_> = modules().into_iter().filter(|module| !seen.contains(module)).collect();
    assert_eq!(missing, Vec::<String>::new(), "modules that no task here covers");
}

/// The modules that need no swarm: those with a sidecar.
fn modules() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../modules");
    let mut found = BTreeSet::new();
    for domain in ["compose", "containers", "images", "volumes"] {
        for entry in fs::read_dir(root.join(domain).join("src")).unwrap() {
            let folder = entry.unwrap().path();
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            if folder.join(format!("{name}.yml")).is_file() && !name.starts_with("docker_stack") {
                found.insert(name);
            }
        }
    }
    found
}

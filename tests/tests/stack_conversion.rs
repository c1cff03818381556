//! Compose files of many kinds, through `docker stack deploy` and through `docker_stack`: the same services, and each takes
//! over and removes what the other has deployed.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tests::{Call, Engine, Version};

/// Variables that some of the files name.
const VARIABLES: [(&str, &str); 3] = [("HOST_VALUE", "host"), ("EMPTY_VALUE", ""), ("HOME", "/home/somebody")];

fn run(mut command: Command) -> String {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

fn docker(engine: &Engine, words: &[&str]) -> String {
    let mut command = engine.docker();
    command.args(words).envs(VARIABLES);
    run(command)
}

/// The files of each stack, by name: `29_two_files.yml` and `29_two_files.override.yml` are one.
fn stacks() -> BTreeMap<String, Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yml"));
    // `override` after the file that it overrides.
    files.sort_by_key(|file| file.file_stem().unwrap().to_owned());
    let mut stacks: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().split('.').next().unwrap().to_owned();
        stacks.entry(name).or_default().push(file);
    }
    stacks
}

fn ours(engine: &Engine, files: &[PathBuf], more: &Value) -> Call {
    let mut arguments = json!({
        "name": "s", "compose": files, "resolve_image": "never", "docker_host": engine.docker_host(),
    });
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let call = Call::of("docker_stack", &arguments).unwrap().diff();
    VARIABLES.iter().fold(call, |call, (name, value)| call.env(name, value))
}

fn deploy_by_docker(engine: &Engine, files: &[PathBuf]) {
    let mut command = engine.docker();
    command.args(["stack", "deploy", "--resolve-image", "never"]).envs(VARIABLES);
    for file in files {
        command.arg("--compose-file").arg(file);
    }
    command.arg("s");
    run(command);
}

/// What the engine tells of every object of the stack, with names where it has IDs; and the objects' versions.
fn inspected(engine: &Engine) -> (BTreeMap<String, Value>, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let connection = docker::Connection { docker_host: engine.docker_host(), ..docker::Connection::default() };
        let engine = docker::Engine::connect(&connection).await.unwrap();
        let filter = [("filters", r#"{"label":["com.docker.stack.namespace=s"]}"#)];
        let list = async |path: &str, filtered: bool| {
            let list = engine.get(path, if filtered { &filter } else { &[] }).await.unwrap();
            list.as_array().cloned().unwrap_or_default()
        };
        let networks = list("/networks", false).await;
        let mut networks = networks;
        // What the swarm has for the nodes' own network is in no list.
        networks.push(engine.get("/networks/host", &[("scope", "swarm")]).await.unwrap());
        let by_id = networks.iter().map(|network| (network["Id"].as_str().unwrap(), network["Name"].as_str().unwrap()));
        let by_id: BTreeMap<&str, &str> = by_id.collect();
        let (mut all, mut versions) = (BTreeMap::new(), Vec::new());
        for network in list("/networks", true).await {
            let told = ["Driver", "Internal", "Attachable", "Labels", "EnableIPv6", "Scope"];
            let spec: Value = told.iter().map(|key| ((*key).to_owned(), network[*key].clone())).collect();
            all.insert(format!("network {}", network["Name"].as_str().unwrap()), spec);
        }
        for kind in ["service", "secret", "config"] {
            for object in list(&format!("/{kind}s"), true).await {
                let mut spec = object["Spec"].clone();
                let name = format!("{kind} {}", spec["Name"].as_str().unwrap());
                versions.push(format!("{name} {} {}", object["ID"], object["Version"]["Index"]));
                without_ids(&mut spec, &by_id);
                all.insert(name, spec);
            }
        }
        versions.sort();
        (all, versions)
    })
}

fn without_ids(value: &mut Value, networks: &BTreeMap<&str, &str>) {
    match value {
        Value::Object(map) => {
            map.shift_remove("SecretID");
            map.shift_remove("ConfigID");
            if let Some(target) = map.get_mut("Target")
                && let Some(name) = target.as_str().and_then(|id| networks.get(id))
            {
                *target = json!(name);
            }
            map.values_mut().for_each(|value| without_ids(value, networks));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| without_ids(item, networks)),
        _ => {}
    }
}

/// As [`inspected`], when the swarm has done what it does by itself after a deployment: it gives ports and addresses.
fn at_rest(engine: &Engine) -> (BTreeMap<String, Value>, Vec<String>) {
    let mut last = inspected(engine);
    loop {
        std::thread::sleep(std::time::Duration::from_millis(300));
        let now = inspected(engine);
        if now.1 == last.1 {
            return now;
        }
        last = now;
    }
}

/// What is wrong with one stack.
fn compare(engine: &Engine, files: &[PathBuf]) -> Vec<String> {
    let mut wrong = Vec::new();
    deploy_by_docker(engine, files);
    let (by_docker, before) = at_rest(engine);
    let adopted = ours(engine, files, &json!({})).run().unwrap();
    if adopted["changed"] != json!(false) || inspected(engine).1 != before {
        wrong.push(format!("what docker deployed is changed: {} {}", adopted["actions"], adopted["diff"]));
    }
    let removed = ours(engine, files, &json!({"state": "absent", "absent_retries": 30})).run().unwrap();
    assert_eq!(removed["changed"], json!(true), "{removed}");
    assert_eq!(inspected(engine).0, BTreeMap::new());
    let done = ours(engine, files, &json!({})).run().unwrap();
    if done["changed"] != json!(true) {
        return vec![format!("it is not deployed: {}", done["msg"])];
    }
    let (by_us, before) = at_rest(engine);
    for (name, spec) in &by_docker {
        if by_us.get(name) != Some(spec) {
            wrong.push(format!("{name}: docker\n{spec}\nours\n{}", by_us.get(name).unwrap_or(&Value::Null)));
        }
    }
    wrong.extend(by_us.keys().filter(|name| !by_docker.contains_key(*name)).map(|name| format!("{name} is too much")));
    let again = ours(engine, files, &json!({})).run().unwrap();
    if again["changed"] != json!(false) || inspected(engine).1 != before {
        wrong.push(format!("the second run changes something: {}", again["actions"]));
    }
    docker(engine, &["stack", "rm", "s"]);
    for _ in 0..100 {
        if inspected(engine).0.is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(inspected(engine).0, BTreeMap::new(), "docker stack rm leaves what we deployed");
    wrong
}

#[test]
fn thirty_stacks_are_what_docker_makes_of_them() {
    let engine = Engine::start(Version::Newest).unwrap();
    // Only specifications count here: no task needs to run, nor to end.
    docker(&engine, &["swarm", "init", "--advertise-addr", "127.0.0.1", "--availability", "drain"]);
    docker(&engine, &["network", "create", "--driver", "overlay", "outer"]);
    for kind in ["secret", "config"] {
        let mut command = engine.docker();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks/config.txt");
        command.args([kind, "create", &format!("outer-{kind}")]).arg(file);
        run(command);
    }
    let stacks = stacks();
    let mut same = 0;
    let mut wrong = Vec::new();
    for (name, files) in &stacks {
        match compare(&engine, files) {
            faults if faults.is_empty() => same += 1,
            faults => wrong.push(format!("{name}: {}", faults.join("\n"))),
        }
    }
    println!("{same} of {} stacks are the same by docker stack deploy and by docker_stack", stacks.len());
    assert!(wrong.is_empty() && stacks.len() == 30, "{same} of {}:\n{}", stacks.len(), wrong.join("\n"));
}

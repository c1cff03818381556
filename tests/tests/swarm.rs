//! The swarm's modules against real engines: a swarm of one node, in a namespace of its own.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use serde_json::{Value, json};
use tests::{Call, Engine, Version};

fn call(engine: &Engine, module: &str, mut arguments: Value) -> Call {
    arguments["docker_host"] = engine.docker_host().into();
    Call::of(module, &arguments).unwrap().diff()
}

fn run(engine: &Engine, module: &str, arguments: Value) -> Value {
    call(engine, module, arguments).run().unwrap()
}

fn docker(engine: &Engine, words: &[&str]) -> String {
    let done = engine.docker().args(words).output().unwrap();
    assert!(done.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

fn inspected(engine: &Engine, kind: &str, name: &str) -> Value {
    serde_json::from_str::<Value>(&docker(engine, &[kind, "inspect", name])).unwrap()[0].clone()
}

/// Everything in the swarm that a write would change. Without the versions of what the swarm itself writes
/// into: services, nodes and itself.
fn contents_of(engine: &Engine) -> Vec<Value> {
    let connection = docker::Connection { docker_host: engine.docker_host(), ..docker::Connection::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let engine = docker::Engine::connect(&connection).await.unwrap();
        let mut all = Vec::new();
        for path in ["/services", "/nodes", "/secrets", "/configs", "/swarm"] {
            let objects = match engine.get(path, &[]).await.unwrap() {
                Value::Array(objects) => objects,
                object => vec![object],
            };
            for object in objects {
                let fixed = path == "/secrets" || path == "/configs";
                let version = if fixed { &object["Version"] } else { &Value::Null };
                all.push(json!({"ID": object["ID"], "Version": version, "Spec": object["Spec"]}));
            }
        }
        all
    })
}

/// Foretells, does, and does again: check mode says what then happens and writes nothing, and the second run changes nothing.
fn changes(engine: &Engine, module: &str, arguments: Value, actions: &[&str]) -> Value {
    let before = contents_of(engine);
    let foretold = call(engine, module, arguments.clone()).check().run().unwrap();
    assert_eq!(contents_of(engine), before, "check mode of {module} {arguments} has written");
    let done = run(engine, module, arguments.clone());
    assert_eq!((&done["changed"], &done["actions"]), (&json!(true), &json!(actions)), "{arguments}: {done}");
    assert_eq!((&foretold["actions"], &foretold["diff"]), (&done["actions"], &done["diff"]), "{arguments}");
    let before = contents_of(engine);
    let again = run(engine, module, arguments.clone());
    assert_eq!(again["changed"], json!(false), "{arguments}: {again}");
    assert_eq!(again["diff"], json!({"before": {}, "after": {}}), "{arguments}");
    assert_eq!(contents_of(engine), before, "the second run of {module} {arguments} has written");
    done
}

fn msg(result: &Value) -> &str {
    assert_eq!(result["failed"], json!(true), "{result}");
    result["msg"].as_str().unwrap()
}

#[test]
fn a_swarm_of_the_oldest_engine() {
    swarm(&Engine::start(Version::Oldest).unwrap());
}

#[test]
fn a_swarm_of_the_newest_engine() {
    swarm(&Engine::start(Version::Newest).unwrap());
}

fn swarm(engine: &Engine) {
    engine.load_image("tiny:1").unwrap();
    engine.load_image("tiny:2").unwrap();
    begins(engine);
    nodes(engine);
    contents(engine);
    services(engine);
    stacks(engine);
    ends(engine);
}

fn begins(engine: &Engine) {
    for (module, arguments) in [
        ("docker_swarm_info", json!({})),
        ("docker_node", json!({"hostname": "x"})),
        ("docker_node_info", json!({})),
        ("docker_swarm_service_info", json!({"name": "web"})),
    ] {
        let refused = run(engine, module, arguments);
        assert_eq!(msg(&refused), "Error running docker swarm module: must run on swarm manager node");
    }
    for (module, arguments) in [("docker_stack_info", json!({})), ("docker_stack_task_info", json!({"name": "shop"}))] {
        let refused = run(engine, module, arguments);
        assert!(msg(&refused).starts_with("Error response from daemon: This node is not a swarm manager"), "{refused}");
    }
    for (module, arguments, begin) in [
        (
            "docker_secret",
            json!({"name": "s", "data": "x"}),
            "Error accessing secret s: the engine answered 503: This node",
        ),
        (
            "docker_config",
            json!({"name": "c", "data": "x"}),
            "Error accessing config c: the engine answered 503: This node",
        ),
        (
            "docker_swarm_service",
            json!({"name": "web", "image": "tiny:1"}),
            "Error looking for service named web: the engine answered 503: This node",
        ),
    ] {
        let refused = run(engine, module, arguments);
        assert!(msg(&refused).starts_with(begin), "{refused}");
    }
    let arguments = json!({"advertise_addr": "127.0.0.1", "task_history_retention_limit": 2});
    let foretold = call(engine, "docker_swarm", arguments.clone()).check().run().unwrap();
    assert_eq!(foretold["actions"], json!(["New Swarm cluster created: None"]));
    assert_eq!(docker(engine, &["info", "--format", "{{.Swarm.LocalNodeState}}"]), "inactive");
    let made = run(engine, "docker_swarm", arguments.clone());
    let id = docker(engine, &["info", "--format", "{{.Swarm.Cluster.ID}}"]);
    assert_eq!(made["actions"], json!([format!("New Swarm cluster created: {id}")]), "{made}");
    assert_eq!(made["swarm_facts"]["UnlockKey"], Value::Null);
    let token = docker(engine, &["swarm", "join-token", "--quiet", "worker"]);
    assert_eq!(made["swarm_facts"]["JoinTokens"]["Worker"], json!(token));
    let again = run(engine, "docker_swarm", arguments);
    assert_eq!((&again["changed"], &again["actions"]), (&json!(false), &json!(["No modification"])), "{again}");

    changes(engine, "docker_swarm", json!({"labels": {"site": "a"}, "election_tick": 5}), &["Swarm cluster updated"]);
    let facts = run(engine, "docker_swarm_info", json!({"nodes": true}));
    let spec = &facts["swarm_facts"]["Spec"];
    assert_eq!((&spec["Labels"], &spec["Raft"]["ElectionTick"]), (&json!({"site": "a"}), &json!(5)), "{facts}");
    assert_eq!(spec["Orchestration"]["TaskHistoryRetentionLimit"], json!(2), "what was not named has changed");
    assert_eq!(facts["nodes"][0]["ManagerStatus"], json!("Leader"));

    let locked = changes(engine, "docker_swarm", json!({"autolock_managers": true}), &["Swarm cluster updated"]);
    let key = docker(engine, &["swarm", "unlock-key", "--quiet"]);
    assert_eq!(locked["swarm_facts"]["UnlockKey"], json!(key));
    assert_eq!(run(engine, "docker_swarm_info", json!({"unlock_key": true}))["swarm_unlock_key"], json!(key));
    changes(engine, "docker_swarm", json!({"autolock_managers": false}), &["Swarm cluster updated"]);
    let rotated = run(engine, "docker_swarm", json!({"rotate_worker_token": true}));
    assert_eq!(rotated["changed"], json!(true));
    assert_ne!(rotated["swarm_facts"]["JoinTokens"]["Worker"], json!(token));

    let joined =
        run(engine, "docker_swarm", json!({"state": "join", "remote_addrs": ["10.0.0.9"], "join_token": token}));
    assert_eq!(joined["actions"], json!(["This node is already part of a swarm."]), "{joined}");
    let leaving = run(engine, "docker_swarm", json!({"state": "absent"}));
    assert!(msg(&leaving).contains("it is a manager"), "{leaving}");
}

fn nodes(engine: &Engine) {
    let this = run(engine, "docker_node_info", json!({"self": true}));
    let host = this["nodes"][0]["Description"]["Hostname"].as_str().unwrap().to_owned();
    let update = |what: &str| format!("update node {host}: {what}");
    let arguments = json!({"hostname": host, "labels": {"disk": "ssd", "n": 1}, "availability": "pause"});
    let done = changes(engine, "docker_node", arguments, &[&update("availability pause, labels")]);
    assert_eq!(done["node"]["Spec"]["Labels"], json!({"disk": "ssd", "n": "1"}));
    let arguments = json!({"hostname": host, "labels_to_remove": ["n"], "availability": "active"});
    changes(engine, "docker_node", arguments, &[&update("availability active, labels")]);
    let named = run(engine, "docker_node_info", json!({"name": [host, "nobody"]}));
    assert_eq!(named["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(named["nodes"][0]["Spec"]["Labels"], json!({"disk": "ssd"}));
    let absent = run(engine, "docker_node", json!({"hostname": "nobody"}));
    assert_eq!(msg(&absent), "This node is not part of a swarm.");
    let demoted = run(engine, "docker_node", json!({"hostname": host, "role": "worker"}));
    assert!(msg(&demoted).starts_with(&format!("{}: the engine answered ", update("role worker"))), "{demoted}");
    let removed = run(engine, "docker_swarm", json!({"state": "remove", "node_id": "nobody"}));
    assert_eq!(removed["actions"], json!(["There is no such node in the swarm."]), "{removed}");
}

fn contents(engine: &Engine) {
    for kind in ["secret", "config"] {
        let module = format!("docker_{kind}");
        let secret = "open sesame";
        let arguments = json!({"name": "pw", "data": secret, "labels": {"a": "b"}});
        let made = changes(engine, &module, arguments, &[&format!("create {kind} pw")]);
        let there = inspected(engine, kind, "pw");
        assert_eq!(there["ID"], made[format!("{kind}_id")]);
        assert_eq!(there["Spec"]["Labels"]["a"], json!("b"));
        if kind == "secret" {
            let scrubbed = made.to_string().replace(&format!("{:?}", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"), "");
            assert!(!scrubbed.contains(secret), "{made}");
        }
        let arguments = json!({"name": "pw", "data": "another", "labels": {"a": "b"}});
        let remade = changes(engine, &module, arguments, &[&format!("remove {kind} pw"), &format!("create {kind} pw")]);
        assert_ne!(remade[format!("{kind}_id")], made[format!("{kind}_id")]);

        let version = |n: u64| {
            let data = format!("content {n}");
            json!({"name": "roll", "data": data, "rolling_versions": true, "versions_to_keep": 2})
        };
        for n in 1..=2 {
            changes(engine, &module, version(n), &[&format!("create {kind} roll_v{n}")]);
        }
        docker(engine, &[kind, "create", "roll_vault", "/etc/hostname"]);
        let third = [format!("create {kind} roll_v3"), format!("remove {kind} roll_v1")];
        let done = changes(engine, &module, version(3), &third.each_ref().map(String::as_str));
        assert_eq!(done[format!("{kind}_name")], json!("roll_v3"));
        let gone = run(engine, &module, json!({"name": "roll", "state": "absent", "rolling_versions": true}));
        assert_eq!(gone["actions"], json!([format!("remove {kind} roll_v2"), format!("remove {kind} roll_v3")]));
        let names = docker(engine, &[kind, "ls", "--format", "{{.Name}}"]);
        assert_eq!(names.lines().collect::<Vec<_>>(), ["pw", "roll_vault"], "another's must stay");
    }
    let foreign = run(engine, "docker_secret", json!({"name": "roll_vault", "data": "x"}));
    assert_eq!(foreign["changed"], json!(false));
    assert!(foreign["warnings"][0].as_str().unwrap().contains("'ansible_key' label not found"), "{foreign}");
    let empty = run(engine, "docker_secret", json!({"name": "none", "data": ""}));
    assert!(msg(&empty).starts_with("Error creating secret: the engine answered 400: "), "{empty}");
}

fn services(engine: &Engine) {
    docker(engine, &["network", "create", "--driver", "overlay", "--opt", "com.docker.network.driver.mtu=1400", "net"]);
    let whole = json!({
        "name": "web", "image": "tiny:1", "command": ["sleep", "1000"], "replicas": 2, "env": {"A": "b"},
        "labels": {"l": "1"}, "container_labels": {"c": "2"}, "user": "0:0", "working_dir": "/tmp", "hostname": "h",
        "networks": [{"name": "net", "aliases": ["w"]}], "endpoint_mode": "dnsrr",
        "publish": [{"published_port": 8080, "target_port": 80, "mode": "host"}],
        "secrets": [{"secret_name": "pw", "mode": 256}], "configs": [{"config_name": "pw", "filename": "/etc/pw"}],
        "mounts": [{"type": "volume", "source": "data", "target": "/data"}, {"type": "tmpfs", "target": "/t", "tmpfs_size": "8M"}],
        "limits": {"cpus": 0.5, "memory": "64M"}, "reservations": {"memory": "8M"}, "stop_grace_period": "1s",
        "healthcheck": {"test": "true", "interval": "30s"}, "hosts": {"db": "10.0.0.9"}, "dns_options": ["rotate"],
        "placement": {"constraints": ["node.role == manager"], "preferences": [{"spread": "node.labels.disk"}]},
        "restart_config": {"condition": "any", "delay": "2s"}, "logging": {"driver": "json-file", "options": {"max-size": "1m"}},
        "update_config": {"parallelism": 1, "failure_action": "rollback", "order": "stop-first", "monitor": "1s"},
        "rollback_config": {"parallelism": 2, "failure_action": "pause"}, "sysctls": {"net.ipv4.ip_default_ttl": 65},
        "cap_add": ["NET_ADMIN"], "init": true, "read_only": false, "groups": ["5"], "tty": false, "stop_signal": "KILL",
    });
    let made = changes(engine, "docker_swarm_service", whole.clone(), &["create service web with image tiny:1"]);
    assert_eq!(made["swarm_service"]["limit_cpu"], json!(0.5), "{made}");
    let spec = &inspected(engine, "service", "web")["Spec"];
    assert_eq!(spec["RollbackConfig"]["Parallelism"], json!(2), "{spec}");
    assert_eq!(spec["UpdateConfig"]["FailureAction"], json!("rollback"), "{spec}");
    assert_eq!(spec["TaskTemplate"]["ContainerSpec"]["Secrets"][0]["File"]["Mode"], json!(256), "{spec}");

    // What the task does not name is kept, also what the module does not know.
    docker(engine, &["service", "update", "--detach", "--ulimit-add", "nofile=64", "--label-add", "by=cli", "web"]);
    let arguments = json!({"name": "web", "image": "tiny:2", "replicas": 3, "unnamed_options": "keep"});
    let kept = changes(engine, "docker_swarm_service", arguments, &["update service web: image, replicas"]);
    assert_eq!(kept["changes"], json!(["image", "replicas"]), "{kept}");
    let after = inspected(engine, "service", "web")["Spec"].clone();
    let container = &after["TaskTemplate"]["ContainerSpec"];
    assert_eq!(container["Ulimits"][0]["Name"], json!("nofile"), "{after}");
    assert_eq!((&after["Labels"]["by"], &container["Env"]), (&json!("cli"), &json!(["A=b"])), "{after}");
    assert_eq!((&container["Image"], &after["Mode"]["Replicated"]["Replicas"]), (&json!("tiny:2"), &json!(3)));

    // Or it becomes the engine's default, as with the peer; and the diff shows it.
    let arguments = json!({"name": "web", "image": "tiny:1", "command": "sleep 1000", "stop_grace_period": "1s"});
    let reset = changes(engine, "docker_swarm_service", arguments, &["update service web: image, healthcheck"]);
    assert_eq!(reset["diff"]["before"]["labels"], json!({"l": "1", "by": "cli"}), "{reset}");
    let spec = &inspected(engine, "service", "web")["Spec"];
    let replicas = &spec["Mode"]["Replicated"]["Replicas"];
    assert_eq!((&spec["Labels"], replicas), (&json!({}), &json!(3)), "{spec}");

    let forced = json!({"name": "web", "image": "tiny:1", "force_update": true, "unnamed_options": "keep"});
    let forced = run(engine, "docker_swarm_service", forced);
    assert_eq!(forced["actions"], json!(["update service web: all tasks anew"]), "{forced}");
    let global =
        json!({"name": "web", "image": "tiny:1", "command": "sleep 1000", "mode": "global", "stop_grace_period": "1s"});
    let actions = ["remove service web", "create service web with image tiny:1"];
    let rebuilt = changes(engine, "docker_swarm_service", global, &actions);
    assert_eq!((&rebuilt["rebuilt"], &rebuilt["msg"]), (&json!(true), &json!("Service rebuilt")));

    let there = run(engine, "docker_swarm_service_info", json!({"name": "web"}));
    assert_eq!((&there["exists"], &there["service"]["Spec"]["Name"]), (&json!(true), &json!("web")));
    // A task gets its node a moment later.
    let all = || run(engine, "docker_swarm_info", json!({"services": true, "tasks": true}));
    let mut facts = all();
    for _ in 0..100 {
        if facts["tasks"][0]["Node"].is_string() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
        facts = all();
    }
    assert_eq!((&facts["services"][0]["Mode"], &facts["services"][0]["Image"]), (&json!("Global"), &json!("tiny:1")));
    assert!(facts["tasks"][0]["Node"].is_string(), "{facts}");
    refusals(engine);
    let gone =
        changes(engine, "docker_swarm_service", json!({"name": "web", "state": "absent"}), &["remove service web"]);
    assert_eq!(gone["msg"], json!("Service removed"));
    let none = run(engine, "docker_swarm_service_info", json!({"name": "web"}));
    assert_eq!((&none["exists"], &none["service"]), (&json!(false), &Value::Null));
}

fn refusals(engine: &Engine) {
    for (more, wanted) in [
        (
            json!({"networks": ["nowhere"]}),
            "Error parsing module parameters: Could not find a network named: 'nowhere'.",
        ),
        (json!({"secrets": [{"secret_name": "nope"}]}), "Could not find a secret named \"nope\""),
        (json!({"configs": [{"config_name": "nope"}]}), "Could not find a config named \"nope\""),
        (json!({"resolve_image": true}), "Error looking for an image named tiny:1: "),
        (json!({"env_files": ["/no/such/file"]}), "reading `env_files` /no/such/file: "),
        (json!({"healthcheck": {"test": "x", "interval": "1 minute"}}), "Invalid time duration - 1 minute - for "),
        (json!({"update_config": {"order": "sideways"}}), "update service web: "),
    ] {
        let mut arguments = json!({"name": "web", "image": "tiny:1", "mode": "global"});
        arguments.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        let refused = run(engine, "docker_swarm_service", arguments);
        assert!(msg(&refused).starts_with(wanted), "{refused}");
    }
}

/// The same as the docker client of that engine prints.
fn stacks(engine: &Engine) {
    assert_eq!(run(engine, "docker_stack_info", json!({}))["results"], json!([]));
    let file = engine.socket().with_file_name("stack.yml");
    let service = |replicas: u64, command: &str| json!({"image": "tiny:1", "command": command, "stop_grace_period": "0s", "deploy": {"replicas": replicas}});
    let stack = json!({"version": "3.7", "services": {"web": service(11, "sleep 1000"), "bad": service(1, "false")}});
    std::fs::write(&file, stack.to_string()).unwrap();
    for name in ["shop2", "shop10"] {
        docker(engine, &["stack", "deploy", "--resolve-image=never", "--compose-file", file.to_str().unwrap(), name]);
    }
    let lines = |words: &[&str]| -> Vec<Value> {
        let words: Vec<&str> = words.iter().copied().chain(["--format", "{{json .}}"]).collect();
        docker(engine, &words).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let listed = run(engine, "docker_stack_info", json!({}));
    assert_eq!(listed["results"], json!([{"Name": "shop2", "Services": "2"}, {"Name": "shop10", "Services": "2"}]));
    for (ours, theirs) in listed["results"].as_array().unwrap().iter().zip(lines(&["stack", "ls"])) {
        assert_eq!((&ours["Name"], &ours["Services"]), (&theirs["Name"], &theirs["Services"]));
    }
    // Times and states go on between the two.
    let still = |lines: &[Value]| -> Vec<Value> {
        lines.iter().map(|line| json!([line["Name"], line["Image"], line["Node"], line["Ports"]])).collect()
    };
    let mut same = false;
    for _ in 0..60 {
        let ours = run(engine, "docker_stack_task_info", json!({"name": "shop10"}));
        let theirs = lines(&["stack", "ps", "shop10"]);
        let keys = |line: &Value| line.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>();
        assert_eq!(keys(&ours["results"][0]), keys(&theirs[0]), "{ours}");
        same = still(ours["results"].as_array().unwrap()) == still(&theirs);
        if same {
            break;
        }
    }
    assert!(same, "the tasks never were the same");
    let none = run(engine, "docker_stack_task_info", json!({"name": "nowhere"}));
    assert_eq!((msg(&none), &none["rc"]), ("nothing found in stack: nowhere", &json!(1)));
    docker(engine, &["stack", "rm", "shop2", "shop10"]);
}

fn ends(engine: &Engine) {
    let arguments = json!({"state": "absent", "force": true});
    let foretold = call(engine, "docker_swarm", arguments.clone()).check().run().unwrap();
    assert_eq!(foretold["actions"], json!(["Node has left the swarm cluster"]));
    assert_eq!(docker(engine, &["info", "--format", "{{.Swarm.LocalNodeState}}"]), "active");
    assert_eq!(run(engine, "docker_swarm", arguments.clone())["actions"], foretold["actions"]);
    assert_eq!(docker(engine, &["info", "--format", "{{.Swarm.LocalNodeState}}"]), "inactive");
    let again = run(engine, "docker_swarm", arguments);
    assert_eq!(again["actions"], json!(["This node is not part of a swarm."]), "{again}");
    let refused = json!({"state": "join", "remote_addrs": ["127.0.0.1:1"], "join_token": "SWMTKN-1-x-y"});
    let refused = run(engine, "docker_swarm", refused);
    assert!(msg(&refused).starts_with("Can not join the Swarm Cluster: the engine answered "), "{refused}");
    assert!(!refused.to_string().contains("SWMTKN-1-x-y"), "{refused}");
}

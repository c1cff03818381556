//! `docker_network` and `docker_network_info` against real engines.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use serde_json::{Value, json};
use tests::{Call, Engine, Version};

fn call(engine: &Engine, module: &str, mut arguments: Value) -> Call {
    arguments["docker_host"] = engine.docker_host().into();
    Call::of(module, &arguments).unwrap()
}

fn network(engine: &Engine, arguments: Value) -> Value {
    call(engine, "docker_network", arguments).diff().run().unwrap()
}

fn docker(engine: &Engine, words: &[&str]) -> String {
    let done = engine.docker().args(words).output().unwrap();
    assert!(done.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// What `docker network inspect` shows.
fn inspected(engine: &Engine, name: &str) -> Value {
    serde_json::from_str::<Value>(&docker(engine, &["network", "inspect", name])).unwrap()[0].clone()
}

/// Foretells, does, and does again: check mode says what then happens, and the second run changes nothing.
fn changes(engine: &Engine, arguments: Value, actions: &[&str]) -> Value {
    let foretold = call(engine, "docker_network", arguments.clone()).check().diff().run().unwrap();
    let done = network(engine, arguments.clone());
    assert_eq!((&done["changed"], &done["actions"]), (&json!(true), &json!(actions)), "{arguments}: {done}");
    assert_eq!((&foretold["actions"], &foretold["diff"]), (&done["actions"], &done["diff"]), "{arguments}");
    stays(engine, arguments);
    done
}

fn stays(engine: &Engine, arguments: Value) -> Value {
    let again = network(engine, arguments.clone());
    assert_eq!((&again["changed"], &again["actions"]), (&json!(false), &json!([])), "{arguments}: {again}");
    assert_eq!(again["diff"], json!({"before": {}, "after": {}}), "{arguments}");
    again
}

fn run_container(engine: &Engine, name: &str) {
    docker(engine, &["run", "--detach", "--name", name, "tiny:1", "sleep", "1000"]);
}

#[test]
fn networks_on_the_oldest_engine() {
    networks(&Engine::start(Version::Oldest).unwrap());
}

#[test]
fn networks_on_the_newest_engine() {
    let engine = Engine::start(Version::Newest).unwrap();
    networks(&engine);
    let v6_only = json!({"name": "six", "enable_ipv4": false, "enable_ipv6": true});
    let made = changes(&engine, v6_only, &["create network six with driver bridge"]);
    assert_eq!((&made["network"]["EnableIPv4"], &made["network"]["EnableIPv6"]), (&json!(false), &json!(true)));
}

fn networks(engine: &Engine) {
    engine.load_image("tiny:1").unwrap();
    life(engine);
    options(engine);
    addresses(engine);
    members(engine);
    names(engine);
    refusals(engine);
}

fn life(engine: &Engine) {
    let foretold = call(engine, "docker_network", json!({"name": "web"})).check().run().unwrap();
    assert_eq!((&foretold["changed"], &foretold["network"]), (&json!(true), &Value::Null));
    assert_eq!(foretold.get("diff"), None);
    let none = call(engine, "docker_network_info", json!({"name": "web"})).run().unwrap();
    assert_eq!((&none["exists"], &none["network"]), (&json!(false), &Value::Null));

    let made = changes(engine, json!({"name": "web"}), &["create network web with driver bridge"]);
    assert_eq!(made["network"], inspected(engine, "web"));
    let id = made["network"]["Id"].as_str().unwrap();
    for word in ["web", id, &id[..12]] {
        let seen = call(engine, "docker_network_info", json!({"name": word})).run().unwrap();
        assert_eq!((&seen["changed"], &seen["exists"]), (&json!(false), &json!(true)), "{word}");
        assert_eq!(seen["network"], made["network"], "{word}");
    }
    let forced = network(engine, json!({"name": "web", "force": true}));
    assert_eq!(forced["actions"], json!(["remove network web", "create network web with driver bridge"]));
    assert_ne!(forced["network"]["Id"], made["network"]["Id"]);
    let gone = changes(engine, json!({"name": "web", "state": "absent"}), &["remove network web"]);
    assert_eq!(gone.get("network"), None);
    assert_eq!(gone["diff"]["after"], json!({"exists": false}));
}

fn options(engine: &Engine) {
    let anew = &["remove network web", "create network web with driver bridge"];
    network(engine, json!({"name": "web"}));
    changes(engine, json!({"name": "web", "internal": true}), anew);
    changes(engine, json!({"name": "web", "internal": false}), anew);
    changes(engine, json!({"name": "web", "attachable": true}), anew);
    stays(engine, json!({"name": "web", "scope": "local"}));
    changes(engine, json!({"name": "web", "labels": {"a": "b", "n": 3}}), anew);
    stays(engine, json!({"name": "web", "labels": {"a": "b"}}));
    let option = "com.docker.network.bridge.enable_icc";
    let made = changes(engine, json!({"name": "web", "driver_options": {option: false}}), anew);
    assert_eq!(made["network"]["Options"], json!({option: "false"}));
    assert_eq!(made["network"]["Labels"], json!({}), "what is not named is not carried over");
    stays(engine, json!({"name": "web", "driver_options": {option: "false"}}));
    changes(engine, json!({"name": "web", "ipam_driver": "default", "ipam_driver_options": {"a": 1, "b": true}}), anew);
    stays(engine, json!({"name": "web", "ipam_driver": "default"}));
    changes(engine, json!({"name": "web", "ipam_driver_options": {}}), anew);

    let base = json!({
        "name": "base", "config_only": true, "labels": {"a": "b"}, "ipam_config": [{"subnet": "10.94.0.0/24"}],
    });
    changes(engine, base, &["create network base with driver null"]);
    let made = changes(engine, json!({"name": "web", "config_from": "base"}), anew);
    assert_eq!(made["network"]["IPAM"]["Config"], json!([{"Subnet": "10.94.0.0/24"}]));
    assert_eq!(made["network"]["Labels"], json!({"a": "b"}));
    for name in ["web", "base"] {
        changes(engine, json!({"name": name, "state": "absent"}), &[&format!("remove network {name}")]);
    }
}

fn addresses(engine: &Engine) {
    let anew = &["remove network web", "create network web with driver bridge"];
    let pools = |pools: Value| json!({"name": "web", "ipam_config": pools});
    changes(engine, pools(json!([{"subnet": "10.91.0.0/24"}])), &["create network web with driver bridge"]);
    changes(engine, pools(json!([{"subnet": "10.91.0.0/24", "gateway": "10.91.0.9"}])), anew);
    changes(engine, pools(json!([{"subnet": "10.91.0.0/24", "gateway": "10.91.0.8"}])), anew);
    stays(engine, pools(json!([{"subnet": "10.91.0.0/24"}])));
    let whole = json!([{
        "subnet": "10.91.0.5/24", "iprange": "10.91.0.70/26", "gateway": "10.91.0.8", "aux_addresses": {"x": "10.91.0.65"},
    }]);
    let made = changes(engine, pools(whole), anew);
    let written = json!([{
        "Subnet": "10.91.0.0/24", "IPRange": "10.91.0.64/26", "Gateway": "10.91.0.8",
        "AuxiliaryAddresses": {"x": "10.91.0.65"},
    }]);
    assert_eq!(made["network"]["IPAM"]["Config"], written);
    stays(engine, pools(json!([{"subnet": "10.91.0.0/24", "aux_addresses": {"x": "10.91.0.65"}}])));
    stays(engine, pools(json!([])));
    stays(engine, json!({"name": "web"}));
    changes(engine, pools(json!([{"subnet": "10.91.0.0/24", "aux_addresses": {"x": "10.91.0.66"}}])), anew);

    let both = json!({"name": "web", "enable_ipv6": true, "ipam_config": [
        {"subnet": "10.91.0.0/24"},
        {"subnet": "FDD1:ac8c:0557:7ce1::/64", "gateway": "fdd1:ac8c:0557:7ce1:0::9"},
    ]});
    let made = changes(engine, both, anew);
    let written = made["network"]["IPAM"]["Config"].to_string();
    assert!(written.contains("FDD1:ac8c:0557:7ce1::/64"), "as the user wrote it: {written}");
    let otherwise = json!([{"subnet": "fdd1:ac8c:557:7ce1::/64", "gateway": "fdd1:ac8c:557:7ce1::9"}]);
    stays(engine, pools(otherwise));
    changes(engine, json!({"name": "web", "state": "absent"}), &["remove network web"]);
}

fn members(engine: &Engine) {
    for name in ["ca", "cb"] {
        run_container(engine, name);
    }
    docker(engine, &["create", "--name", "cs", "tiny:1", "true"]);
    let b = docker(engine, &["inspect", "--format", "{{.Id}}", "cb"]);

    let named = json!({"name": "web", "connected": ["ca", "cs", "ghost"]});
    let made = changes(
        engine,
        named,
        &[
            "create network web with driver bridge",
            "connect container ca to network web",
            "connect container cs to network web",
        ],
    );
    assert_eq!(made["warnings"], json!(["`connected`: there is no container ghost"]));
    docker(engine, &["start", "cs"]);
    // The network has it for as long as it runs.
    docker(engine, &["wait", "cs"]);
    stays(engine, json!({"name": "web", "connected": ["ca", "cs"]}));
    stays(engine, json!({"name": "web"}));
    changes(
        engine,
        json!({"name": "web", "connected": [b], "appends": true}),
        &["connect container cb to network web"],
    );
    stays(engine, json!({"name": "web", "connected": ["cb"], "appends": true}));
    let made = changes(
        engine,
        json!({"name": "web", "internal": true}),
        &[
            "disconnect container ca from network web",
            "disconnect container cb from network web",
            "remove network web",
            "create network web with driver bridge",
            "connect container ca to network web",
            "connect container cb to network web",
        ],
    );
    assert_eq!(made["network"]["Containers"].as_object().unwrap().len(), 2);
    changes(engine, json!({"name": "web", "connected": [&b[..12]]}), &["disconnect container ca from network web"]);
    changes(
        engine,
        json!({"name": "web", "state": "absent"}),
        &["disconnect container cb from network web", "remove network web"],
    );
}

fn names(engine: &Engine) {
    let odd = "odd one/ü+?%41#";
    let create = format!("create network {odd} with driver bridge");
    changes(engine, json!({"name": odd, "labels": {"ü ?": "é &=/"}}), &[&create]);
    let connect = format!("connect container ca to network {odd}");
    changes(engine, json!({"name": odd, "labels": {"ü ?": "é &=/"}, "connected": ["ca"]}), &[&connect]);
    let seen = call(engine, "docker_network_info", json!({"name": odd})).run().unwrap();
    assert_eq!(seen["network"]["Name"], odd);
    let leave = format!("disconnect container ca from network {odd}");
    changes(engine, json!({"name": odd, "state": "absent"}), &[&leave, &format!("remove network {odd}")]);

    // A name that is the beginning of another network's ID is not that network.
    let id = docker(engine, &["network", "create", "web"]);
    let name = &id[..4];
    changes(engine, json!({"name": name}), &[&format!("create network {name} with driver bridge")]);
    changes(engine, json!({"name": name, "state": "absent"}), &[&format!("remove network {name}")]);
    stays(engine, json!({"name": &id[..12]}));
    changes(engine, json!({"name": id, "state": "absent"}), &["remove network web"]);
}

fn refusals(engine: &Engine) {
    for (arguments, wanted) in [
        (json!({"name": ""}), "`name` is empty"),
        (json!({"name": "host"}), "remove network host: the engine answered 403: host is a pre-defined network"),
        (
            json!({"name": "web", "driver": "nosuch"}),
            "create network web with driver nosuch: the engine answered 404: plugin",
        ),
        (json!({"name": "web", "ipam_config": [{"subnet": "10.0.0.0"}]}), "\"10.0.0.0\" is not a valid CIDR"),
        (json!({"name": "web", "labels": {"a": true}}), "The value True for 'a' of labels is not a string"),
        (json!({"name": "web", "scope": "world"}), "value of scope must be one of: local, global, swarm, got: world"),
        (json!({"name": "web", "ipam_config": [{"sub": "x"}]}), "ipam_config.sub"),
        (json!({}), "missing required arguments: name"),
    ] {
        let refused = network(engine, arguments.clone());
        let msg = refused["msg"].as_str().unwrap_or_default();
        assert!(refused["failed"] == json!(true) && msg.contains(wanted), "{arguments}: {refused}");
    }
    let pinned = json!({"name": "web", "enable_ipv4": true, "api_version": "1.41"});
    assert_eq!(
        network(engine, pinned)["msg"],
        "Docker API version is 1.41. Minimum version required is 1.47 to set enable_ipv4 option."
    );
}

#[test]
fn a_swarm_s_networks_on_the_oldest_engine() {
    swarm(&Engine::start(Version::Oldest).unwrap());
}

#[test]
fn a_swarm_s_networks_on_the_newest_engine() {
    swarm(&Engine::start(Version::Newest).unwrap());
}

fn swarm(engine: &Engine) {
    engine.load_image("tiny:1").unwrap();
    docker(engine, &["swarm", "init", "--advertise-addr", "127.0.0.1"]);
    let create = "create network net with driver overlay";
    let overlay = |more: Value| {
        let mut arguments = json!({"name": "net", "driver": "overlay", "attachable": true});
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        arguments
    };
    let made = changes(engine, overlay(json!({"scope": "global"})), &[create]);
    assert_eq!(made["network"]["Scope"], "swarm");
    stays(engine, overlay(json!({"scope": "swarm"})));
    run_container(engine, "ca");
    changes(engine, overlay(json!({"connected": ["ca"]})), &["connect container ca to network net"]);
    let pool = json!({"subnet": "10.95.0.0/24", "iprange": "10.95.0.0/25"});
    let option = "com.docker.network.driver.overlay.vxlanid_list";
    let made = changes(
        engine,
        overlay(json!({"ipam_config": [pool], "driver_options": {option: "4242"}})),
        &[
            "disconnect container ca from network net",
            "remove network net",
            create,
            "connect container ca to network net",
        ],
    );
    assert_eq!(made["network"]["Options"][option], "4242");
    assert!(made["network"]["Containers"].to_string().contains("\"ca\""), "{made}");
    changes(
        engine,
        json!({"name": "net"}),
        &[
            "disconnect container ca from network net",
            "remove network net",
            "create network net with driver bridge",
            "connect container ca to network net",
        ],
    );
    network(engine, json!({"name": "net", "state": "absent"}));
    changes(engine, json!({"name": "ingress", "state": "absent"}), &["remove network ingress"]);
    let mesh = json!({"name": "mesh", "driver": "overlay", "ingress": true});
    changes(engine, mesh, &["create network mesh with driver overlay"]);
    changes(engine, json!({"name": "mesh", "state": "absent"}), &["remove network mesh"]);
}

#[test]
fn two_networks_of_one_name_on_the_oldest_engine() {
    let engine = Engine::start(Version::Oldest).unwrap();
    // The client asks for a check that old engines do without; so does nobody else.
    let body = r#"{"Name":"twin","Driver":"bridge"}"#;
    for _ in 0..2 {
        let socket = engine.socket();
        let done = std::process::Command::new("curl")
            .args(["--silent", "--fail", "--unix-socket", socket.to_str().unwrap(), "--json", body])
            .arg("http://docker/networks/create")
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    }
    let seen = call(&engine, "docker_network_info", json!({"name": "twin"})).run().unwrap();
    assert_eq!(seen["network"]["Name"], "twin");
    stays(&engine, json!({"name": "twin"}));
}

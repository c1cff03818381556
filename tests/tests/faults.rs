//! A recreate whose every call to the engine goes wrong, in every way: no container is lost, one clear error, and the
//! next run puts all in order.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Call, Engine, Fault, Proxy, Version};

const FAULTS: [Fault; 5] = [
    Fault::Unheard,
    Fault::Unanswered,
    Fault::Half,
    Fault::Refused,
    // The task's `timeout` is one second.
    Fault::Late(Duration::from_millis(1300)),
];

struct Site {
    engine: Engine,
    proxy: Proxy,
}

impl Site {
    fn new(version: Version) -> Site {
        let engine = Engine::start(version).unwrap();
        engine.load_image("tiny:1").unwrap();
        let proxy = Proxy::start(&engine.socket()).unwrap();
        let site = Site { engine, proxy };
        for network in ["lan", "dmz"] {
            site.docker(&["network", "create", network]);
        }
        site
    }

    fn docker(&self, words: &[&str]) -> String {
        let done = self.engine.docker().args(words).output().unwrap();
        assert!(done.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// Runs the task; `word` is what differs from one run to the next, and makes it a recreate.
    fn run(&self, docker_host: &str, word: &str, safe: bool) -> Value {
        let task = json!({
            "name": "web", "image": "tiny:1", "command": "sleep 1000", "stop_timeout": 0, "env": {"WORD": word},
            "networks": [{"name": "lan"}, {"name": "dmz"}], "safe_replace": safe, "docker_host": docker_host,
        });
        let patience = if docker_host == self.engine.docker_host() { 60 } else { 1 };
        let mut task = task;
        task["timeout"] = patience.into();
        Call::of("docker_container", &task).unwrap().run().unwrap()
    }

    fn all(&self) -> Vec<String> {
        self.docker(&["ps", "-a", "--format", "{{.Names}} {{.State}}"]).lines().map(str::to_owned).collect()
    }
}

#[test]
fn a_recreate_on_the_oldest_engine() {
    spoiled(&Site::new(Version::Oldest), false);
}

#[test]
fn a_recreate_on_the_newest_engine() {
    spoiled(&Site::new(Version::Newest), false);
}

#[test]
fn a_safe_replace_on_the_newest_engine() {
    spoiled(&Site::new(Version::Newest), true);
}

fn spoiled(site: &Site, safe: bool) {
    let direct = site.engine.docker_host();
    site.run(&direct, "first", safe);
    site.proxy.reset(None);
    let done = site.run(&site.proxy.docker_host(), "second", safe);
    assert_eq!((&done["failed"], &done["changed"]), (&Value::Null, &json!(true)), "{done}");
    let calls = site.proxy.calls();
    assert!(calls.iter().any(|call| call.starts_with("POST") && call.contains("/containers/create")), "{calls:?}");

    let mut failures = 0;
    for (number, call) in calls.iter().enumerate() {
        for fault in faults(number) {
            let word = format!("{number} {fault:?}");
            site.proxy.reset(Some((number, fault)));
            let told = site.run(&site.proxy.docker_host(), &word, safe);
            let left = site.all();
            let place = format!("{fault:?} at {call}: {told}, {left:?}");
            if told["failed"] == json!(true) {
                failures += 1;
                assert!(told["msg"].as_str().is_some_and(|message| message.len() > 20), "{place}");
            }
            assert!(left.iter().any(|name| name.starts_with("web")), "{place}");
            let next = site.run(&direct, &word, safe);
            assert_eq!(next["failed"], Value::Null, "{place}: then {next}");
            assert_eq!(site.all(), ["web running"], "{place}: then {next}");
            let env = next["container"]["Config"]["Env"].to_string();
            assert!(env.contains(&format!("WORD={word}")), "{place}: then {next}");
            let networks = next["container"]["NetworkSettings"]["Networks"].as_object().unwrap();
            assert_eq!(networks.len(), 2, "{place}: then {next}");
            let last = site.run(&direct, &word, safe);
            assert_eq!(last["changed"], json!(false), "{place}: then {next}: then {last}");
        }
    }
    assert!(failures >= calls.len(), "only {failures} failures in {} calls", calls.len());
}

/// Two faults for each call, each of them for every fifth; all for all with `CDGP_FAULTS=all`, which takes 10 minutes.
fn faults(number: usize) -> Vec<Fault> {
    if std::env::var_os("CDGP_FAULTS").is_some_and(|which| which == "all") {
        return FAULTS.to_vec();
    }
    [0, 2].map(|step| FAULTS[(number + step) % FAULTS.len()]).to_vec()
}

//! How `docker_container` replaces a container, and what is left when that fails or is cut off.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Call, Engine, Version};

struct Site {
    engine: Engine,
}

impl Site {
    fn new(version: Version) -> Site {
        let engine = Engine::start(version).unwrap();
        engine.load_image("tiny:1").unwrap();
        let site = Site { engine };
        site.docker(&["network", "create", "lan"]);
        site
    }

    fn docker(&self, words: &[&str]) -> String {
        let done = self.engine.docker().args(words).output().unwrap();
        assert!(done.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// The task that all of these tests vary.
    fn task(&self, more: &Value) -> Value {
        let mut task = json!({
            "name": "web", "image": "tiny:1", "command": "sleep 1000", "stop_timeout": 0, "networks": [{"name": "lan"}],
            "docker_host": self.engine.docker_host(),
        });
        task.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        task
    }

    fn run(&self, more: &Value) -> Value {
        Call::of("docker_container", &self.task(more)).unwrap().run().unwrap()
    }

    /// A fresh container `web` that runs; its ID.
    fn web(&self) -> String {
        self.run(&json!({"state": "absent", "force_kill": true}));
        self.run(&json!({}))["container"]["Id"].as_str().unwrap().to_owned()
    }

    /// Every container's name, state and ID.
    fn all(&self) -> Vec<String> {
        let listed = self.docker(&["ps", "-a", "--no-trunc", "--format", "{{.Names}} {{.State}} {{.ID}}"]);
        listed.lines().map(str::to_owned).collect()
    }
}

#[test]
fn on_the_oldest_engine() {
    replaced(&Site::new(Version::Oldest));
}

#[test]
fn on_the_newest_engine() {
    replaced(&Site::new(Version::Newest));
}

fn replaced(site: &Site) {
    for safe in [false, true] {
        what_can_not_be_made_costs_nothing(site, safe);
        the_new_one_has_the_name(site, safe);
    }
    the_old_one_is_back(site);
    one_that_did_not_run_is_back_and_does_not_run(site);
    killed_half_way(site);
}

fn what_can_not_be_made_costs_nothing(site: &Site, safe: bool) {
    let id = site.web();
    // The second network is connected after the container was made, and there the address is refused.
    let address = json!([{"name": "lan"}, {"name": "bridge", "ipv4_address": "10.99.0.1"}]);
    for more in [json!({"runtime": "none"}), json!({"networks": address})] {
        let mut more = more;
        more["safe_replace"] = safe.into();
        more["env"] = json!({"A": "1"});
        let failed = site.run(&more);
        assert_eq!(failed["failed"], json!(true), "{failed}");
        assert_eq!(site.all(), [format!("web running {id}")], "{failed}");
    }
}

fn the_new_one_has_the_name(site: &Site, safe: bool) {
    let id = site.web();
    let changed = site.run(&json!({"env": {"A": "1"}, "safe_replace": safe}));
    assert_eq!(changed["failed"], Value::Null, "{changed}");
    let new = changed["container"]["Id"].as_str().unwrap();
    assert_ne!(new, id);
    assert_eq!((&changed["container"]["Name"], site.all()), (&json!("/web"), vec![format!("web running {new}")]));
    let again = site.run(&json!({"env": {"A": "1"}, "safe_replace": safe}));
    assert_eq!(again["changed"], json!(false), "{again}");
    let found = site.docker(&["run", "--rm", "--network", "lan", "tiny:1", "nslookup", "web"]);
    assert!(found.contains("Address"), "{found}");
    let gone = site
        .engine
        .docker()
        .args(["run", "--rm", "--network", "lan", "tiny:1", "nslookup", "web.cdgp-new"])
        .output()
        .unwrap();
    assert!(!gone.status.success(), "{gone:?}");
}

fn the_old_one_is_back(site: &Site) {
    let crash = json!({"command": ["sh", "-c", "echo starting; echo no config >&2; exit 3"], "safe_replace": true});
    let sick = json!({
        "safe_replace": true, "command": ["sh", "-c", "echo waiting; exec sleep 1000"],
        "healthcheck": {"test": ["CMD", "false"], "interval": "1s", "retries": 1},
    });
    let slow = json!({
        "safe_replace": true, "command": ["sh", "-c", "echo slowly; exec sleep 1000"], "healthy_wait_timeout": 1,
        "healthcheck": {"test": ["CMD", "false"], "interval": "1s", "start_period": "60s"},
    });
    for (more, words) in [
        (crash, ["exit code 3", "no config", "the old container is back"]),
        (sick, ["unhealthy", "waiting", "the old container is back"]),
        (slow, ["not healthy", "slowly", "the old container is back"]),
    ] {
        let id = site.web();
        let failed = site.run(&more);
        let message = failed["msg"].as_str().unwrap();
        assert!(words.iter().all(|word| message.contains(word)), "{failed}");
        assert_eq!(site.all(), [format!("web running {id}")], "{failed}");
        assert!(failed["actions_undone"].as_array().is_some_and(|undone| !undone.is_empty()), "{failed}");
        let found = site.docker(&["run", "--rm", "--network", "lan", "tiny:1", "nslookup", "web"]);
        assert!(found.contains("Address"), "{found}");
    }
}

fn one_that_did_not_run_is_back_and_does_not_run(site: &Site) {
    let id = site.web();
    site.run(&json!({"state": "stopped"}));
    let failed = site.run(&json!({"command": "false", "safe_replace": true}));
    assert_eq!(failed["container_exit_code"], json!(1), "{failed}");
    assert_eq!(site.all(), [format!("web exited {id}")], "{failed}");
}

/// At each moment: what the next run finds, it finishes or undoes, and then does its own work.
fn killed_half_way(site: &Site) {
    let check = json!({"test": ["CMD", "test", "-e", "/ready"], "interval": "1s", "start_period": "60s"});
    let task = json!({
        "env": {"A": "1"}, "healthcheck": check, "safe_replace": true, "command": ["sh", "-c", "sleep 4; touch /ready; sleep 1000"],
    });
    // The names tell how far it came; the last moment is in the wait for the health check.
    for moment in ["web.cdgp-new", "web.cdgp-old"] {
        let id = site.web();
        let mut killed = Call::of("docker_container", &site.task(&task)).unwrap().start().unwrap();
        let start = Instant::now();
        while !site.all().iter().any(|line| line.starts_with(moment)) {
            assert!(start.elapsed() < Duration::from_secs(30), "{:?}", site.all());
            sleep(Duration::from_millis(20));
        }
        killed.kill().unwrap();
        killed.wait().unwrap();
        let left = site.all();
        assert!(left.iter().any(|line| line.ends_with(&id)), "the old one is still there: {left:?}");
        let next = site.run(&task);
        assert_eq!(next["failed"], Value::Null, "{left:?} {next}");
        let now = site.all();
        assert_eq!(now, [format!("web running {}", next["container"]["Id"].as_str().unwrap())], "{left:?}");
        let again = site.run(&task);
        assert_eq!(again["changed"], json!(false), "{again}");
    }
}

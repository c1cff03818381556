//! `docker_compose_v2` with the Compose plug-in, an old one and a new one, on a real engine.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tests::{Call, Engine, Registry, Version};

struct Site {
    engine: Engine,
    folder: PathBuf,
}

impl Site {
    fn new(old: bool) -> Site {
        let engine = Engine::start(Version::Newest).unwrap();
        if old { engine.add_plugins_with_old_compose() } else { engine.add_plugins() }.unwrap();
        engine.load_image("tiny:1").unwrap();
        let folder = engine.socket().with_file_name("shop");
        fs::create_dir_all(&folder).unwrap();
        Site { engine, folder }
    }

    fn files(&self, compose: &Value) {
        fs::write(self.folder.join("compose.yaml"), compose.to_string()).unwrap();
    }

    fn call(&self, more: &Value) -> Call {
        self.call_of("docker_compose_v2", more)
    }

    fn pull(&self) -> Call {
        self.call_of("docker_compose_v2_pull", &json!({}))
    }

    fn call_of(&self, module: &str, more: &Value) -> Call {
        let (client, config) = self.engine.client();
        let mut task = json!({"docker_host": self.engine.docker_host(), "docker_cli": client});
        if more.get("definition").is_none() {
            task["project_src"] = json!(self.folder);
        }
        task.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        Call::of(module, &task).unwrap().env("DOCKER_CONFIG", config)
    }

    /// Foretells, does, and does again: the diff of both is the same, and the second time there is none.
    fn converges(&self, more: &Value) -> Value {
        let foretold = self.call(more).check().diff().run().unwrap();
        let done = self.call(more).diff().run().unwrap();
        assert_eq!(done["failed"], Value::Null, "{done}");
        assert_eq!((&foretold["changed"], &foretold["diff"]), (&done["changed"], &done["diff"]), "{foretold} {done}");
        let again = self.call(more).diff().run().unwrap();
        assert_eq!(
            (&again["changed"], &again["diff"]),
            (&json!(false), &json!({"before": {}, "after": {}})),
            "{again}"
        );
        assert_eq!(self.call(more).check().run().unwrap()["changed"], false, "{more}");
        done
    }

    fn docker(&self, words: &[&str]) -> String {
        let done = self.engine.docker().args(words).output().unwrap();
        assert!(done.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }
}

#[test]
fn with_an_old_compose() {
    whole(&Site::new(true));
}

#[test]
fn with_a_new_compose() {
    whole(&Site::new(false));
}

fn whole(site: &Site) {
    differences(site);
    definition(site);
    builds(site);
    pulls(site);
    waits(site);
}

fn shop() -> Value {
    json!({
        "services": {
            "web": {
                "image": "tiny:1", "command": "sleep 1000", "stop_grace_period": "0s", "ports": ["127.0.0.1:8080:80"],
                "environment": {"MODE": "a", "DB_PASSWORD": "first$$secret", "DB": "pg://me:third@db/x"},
                "volumes": ["data:/data", "./conf:/conf:ro"], "networks": ["lan"], "labels": {"tier": "front"},
            },
            "worker": {"image": "tiny:1", "command": ["sleep", "1000"], "stop_grace_period": "0s", "restart": "always"},
        },
        "networks": {"lan": null}, "volumes": {"data": null},
    })
}

fn differences(site: &Site) {
    fs::create_dir_all(site.folder.join("conf")).unwrap();
    let mut files = shop();
    site.files(&files);
    let made = site.converges(&json!({}));
    let (before, after) = (&made["diff"]["before"], &made["diff"]["after"]);
    assert_eq!(before["services"]["web"], json!({"exists": false}));
    let conf = format!("{}:/conf:ro", site.folder.join("conf").display());
    let wanted = json!({
        "exists": true, "replicas": 1, "state": "running", "image": "tiny:1", "command": ["sleep", "1000"],
        "image_id": site.docker(&["inspect", "--format", "{{.Id}}", "tiny:1"]), "labels": {"tier": "front"},
        "environment": {"MODE": "a", "DB_PASSWORD": "********", "DB": "pg://me:********@db/x"}, "networks": ["shop_lan"],
        "ports": ["127.0.0.1:8080:80/tcp"], "restart": "no", "volumes": [conf, "shop_data:/data"],
    });
    assert_eq!(after["services"]["web"], wanted, "{made}");
    assert_eq!(after["networks"], json!({"shop_default": {"exists": true}, "shop_lan": {"exists": true}}), "{made}");
    assert_eq!(after["volumes"], json!({"shop_data": {"exists": true}}), "{made}");

    let web = &mut files["services"]["web"];
    web["command"] = json!("sleep 2000");
    web["environment"] = json!({"MODE": "b", "DB_PASSWORD": "second"});
    web["ports"] = json!(["127.0.0.1:8081:80"]);
    site.files(&files);
    let changed = site.converges(&json!({}));
    let diff = &changed["diff"];
    assert_eq!(
        diff["before"],
        json!({"services": {"web": {
            "command": ["sleep", "1000"], "ports": ["127.0.0.1:8080:80/tcp"],
            "environment": {"MODE": "a", "DB_PASSWORD": "********", "DB": "pg://me:********@db/x"},
        }}})
    );
    assert_eq!(
        diff["after"],
        json!({"services": {"web": {
            "command": ["sleep", "2000"], "ports": ["127.0.0.1:8081:80/tcp"],
            "environment": {"MODE": "b", "DB_PASSWORD": "******** (another)"},
        }}})
    );
    for secret in ["first", "second", "third"] {
        assert!(!diff.to_string().contains(secret) && !made["diff"].to_string().contains(secret), "{secret}");
    }

    let scaled = site.converges(&json!({"scale": {"worker": 2}}));
    assert_eq!(scaled["diff"]["before"], json!({"services": {"worker": {"replicas": 1}}}));
    assert_eq!(scaled["diff"]["after"], json!({"services": {"worker": {"replicas": 2}}}));

    let stopped = site.call(&json!({"state": "stopped", "services": ["web"]})).diff().run().unwrap();
    assert_eq!(stopped["diff"]["after"], json!({"services": {"web": {"state": "exited"}}}), "{stopped}");
    let started = site.converges(&json!({"services": ["web"]}));
    assert_eq!(started["diff"]["after"], json!({"services": {"web": {"state": "running"}}}), "{started}");
    let restarted = site.call(&json!({"state": "restarted"})).diff().run().unwrap();
    assert_eq!((&restarted["changed"], &restarted["diff"]["after"]), (&json!(true), &json!({})), "{restarted}");

    let task = json!({"state": "absent", "remove_volumes": true});
    let foretold = site.call(&task).check().diff().run().unwrap();
    let gone = site.call(&task).diff().run().unwrap();
    assert_eq!(foretold["diff"], gone["diff"]);
    // Compose 2.26 tells each time that it removes the volume.
    assert_eq!(site.call(&task).diff().run().unwrap()["diff"], json!({"before": {}, "after": {}}));
    assert_eq!(gone["diff"]["before"]["services"], json!({"web": {"exists": true}, "worker": {"exists": true}}));
    assert_eq!(gone["diff"]["after"]["services"], json!({"web": {"exists": false}, "worker": {"exists": false}}));
    assert_eq!(gone["diff"]["after"]["volumes"], json!({"shop_data": {"exists": false}}));
    assert_eq!(site.docker(&["ps", "--all", "--quiet"]), "");
}

fn definition(site: &Site) {
    let one = |command: &str| {
        let service = json!({"image": "tiny:1", "command": command, "stop_grace_period": "0s"});
        json!({"project_name": "inline", "definition": {"services": {"one": service}}})
    };
    let made = site.converges(&one("sleep 1000"));
    assert_eq!(made["containers"][0]["Service"], "one", "{made}");
    let changed = site.converges(&one("sleep 2000"));
    assert_eq!(changed["diff"]["after"], json!({"services": {"one": {"command": ["sleep", "2000"]}}}), "{changed}");
    let mut gone = one("sleep 2000");
    gone["state"] = json!("absent");
    site.converges(&gone);
}

fn builds(site: &Site) {
    site.files(&json!({"services": {"own": {"build": ".", "command": "sleep 1000", "stop_grace_period": "0s"}}}));
    fs::write(site.folder.join("Dockerfile"), "FROM tiny:1\nENV A=b\nRUN true\n").unwrap();
    let made = site.call(&json!({"build": "always"})).diff().run().unwrap();
    assert_eq!((&made["changed"], &made["failed"]), (&json!(true), &Value::Null), "{made}");
    assert_eq!(made["diff"]["after"]["services"]["own"]["image"], "shop-own", "{made}");
    assert_eq!(site.docker(&["inspect", "--format", "{{.Config.Image}}", "shop-own-1"]), "shop-own");
    let again = site.call(&json!({"build": "always"})).diff().run().unwrap();
    assert_eq!((&again["changed"], &again["diff"]["after"]), (&json!(false), &json!({})), "{again}");
    // Another image under the name: the container has to go.
    fs::write(site.folder.join("Dockerfile"), "FROM tiny:1\nENV A=c\nRUN true\n").unwrap();
    let rebuilt = site.call(&json!({"build": "always"})).run().unwrap();
    assert_eq!(rebuilt["changed"], true, "{rebuilt}");
    assert!(site.docker(&["inspect", "--format", "{{.Config.Env}}", "shop-own-1"]).contains("A=c"));
    site.converges(&json!({"state": "absent"}));
}

fn pulls(site: &Site) {
    let registry = Registry::start(&site.engine, 5000).unwrap();
    let name = format!("{}/app:v1", registry.address());
    let publish = || {
        site.engine.load_image(&name).unwrap();
        site.docker(&["push", &name]);
        site.docker(&["rmi", &name]);
    };
    publish();
    site.files(&json!({"services": {"app": {"image": name, "command": "sleep 1000", "stop_grace_period": "0s"}}}));
    let refused = site.call(&json!({"pull": "never"})).run().unwrap();
    assert_eq!(refused["failed"], true, "{refused}");
    let made = site.call(&json!({"pull": "missing"})).diff().run().unwrap();
    assert_eq!((&made["changed"], &made["failed"]), (&json!(true), &Value::Null), "{made}");
    assert_eq!(site.call(&json!({"pull": "always"})).run().unwrap()["changed"], false);
    // The tag moves: pushed from here, and the old image gets its name back.
    site.docker(&["tag", &name, "kept:1"]);
    site.engine.load_image(&name).unwrap();
    site.docker(&["push", &name]);
    site.docker(&["rmi", "--force", &name]);
    site.docker(&["tag", "kept:1", &name]);
    assert_eq!(site.call(&json!({"pull": "missing"})).run().unwrap()["changed"], false);
    let moved = site.call(&json!({"pull": "always"})).run().unwrap();
    assert_eq!(moved["changed"], true, "{moved}");
    assert_eq!(site.call(&json!({"pull": "always"})).run().unwrap()["changed"], false);
    site.converges(&json!({"state": "absent"}));
    let new = json!({"id": site.docker(&["inspect", "--format", "{{.Id}}", &name])});
    assert_eq!(site.pull().diff().run().unwrap()["diff"], json!({"before": {}, "after": {}}));
    site.docker(&["rmi", "--force", &name]);
    let pulled = site.pull().diff().run().unwrap();
    assert_eq!(pulled["diff"], json!({"before": {&name: {"exists": false}}, "after": {&name: new}}), "{pulled}");
}

fn waits(site: &Site) {
    let check = |command: &str| json!({"test": ["CMD", "sh", "-c", command], "interval": "1s", "retries": 1});
    site.files(&json!({"services": {
        "sick": {
            "image": "tiny:1", "command": ["sh", "-c", "echo no database; exec sleep 1000"], "stop_grace_period": "0s",
            "healthcheck": check("echo refused; exit 1"),
        },
        "fine": {"image": "tiny:1", "command": "sleep 1000", "stop_grace_period": "0s", "healthcheck": check("true")},
    }}));
    let failed = site.call(&json!({"wait": true, "wait_timeout": 20})).run().unwrap();
    let message = failed["msg"].as_str().unwrap();
    assert_eq!(failed["failed"], true, "{failed}");
    for words in
        ["container shop-sick-1: it is running; its health check", "printed: refused", "it printed last:\nno database"]
    {
        assert!(message.contains(words), "{words}: {message}");
    }
    assert!(!message.contains("shop-fine-1:"), "{message}");
    site.converges(&json!({"state": "absent"}));
}

//! What check mode says of pulls, and what then happens, with a tag that moves at a real registry.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use serde_json::{Value, json};
use tests::{Call, Engine, Registry, Version};

struct Site {
    engine: Engine,
    /// `127.0.0.1:5000/org/app:v1`
    name: String,
    _registry: Registry,
}

impl Site {
    fn new(engine: Engine) -> Site {
        let registry = Registry::start(&engine, 5000).unwrap();
        let name = format!("{}/org/app:v1", registry.address());
        Site { engine, name, _registry: registry }
    }

    fn docker(&self, words: &[&str]) -> String {
        let done = self.engine.docker().args(words).output().unwrap();
        assert!(done.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    fn call(&self, module: &str, mut arguments: Value) -> Call {
        arguments["docker_host"] = self.engine.docker_host().into();
        Call::of(module, &arguments).unwrap()
    }

    fn web(&self, image: &str) -> Call {
        let arguments = json!({
            "name": "web", "image": image, "command": "sleep 1000", "stop_timeout": 0,
            "pull": "always", "pull_check_mode_behavior": "newer",
        });
        self.call("docker_container", arguments)
    }

    /// What check mode foretells is what happens: whether something changes, and the actions. The result.
    fn as_foretold(&self, image: &str) -> Value {
        let foretold = self.web(image).check().diff().run().unwrap();
        let done = self.web(image).run().unwrap();
        assert_eq!(done["failed"], Value::Null, "{done}");
        assert_eq!((&foretold["changed"], &foretold["actions"]), (&done["changed"], &done["actions"]), "{foretold}");
        let after = &foretold["diff"]["after"]["image"];
        assert!(after.is_null() || after == "unknown" || *after == done["container"]["Image"], "{foretold} {done}");
        done
    }

    /// A new image under the name, at the registry only; the name's digest there.
    fn publish(&self) -> String {
        self.engine.load_image(&self.name).unwrap();
        self.docker(&["push", &self.name]);
        let digest = self.docker(&["inspect", "-f", "{{index .RepoDigests 0}}", &self.name]);
        self.docker(&["rmi", "--force", &self.name]);
        digest.split_once('@').unwrap().1.to_owned()
    }
}

#[test]
fn on_the_oldest_engine() {
    a_tag_that_moves(&Site::new(Engine::start(Version::Oldest).unwrap()));
}

#[test]
fn on_the_newest_engine() {
    a_tag_that_moves(&Site::new(Engine::start(Version::Newest).unwrap()));
}

#[test]
fn in_the_containerd_image_store() {
    let engine = Engine::start_with(Version::Newest, &["--feature=containerd-snapshotter=true"]).unwrap();
    a_tag_that_moves(&Site::new(engine));
}

fn a_tag_that_moves(site: &Site) {
    let name = site.name.as_str();
    site.publish();
    let made = site.as_foretold(name);
    assert_eq!(made["actions"][0], json!(format!("pull image {name}")), "{made}");
    let first = made["container"]["Image"].as_str().unwrap().to_owned();
    assert_eq!(site.as_foretold(name)["changed"], false);

    // It moves, and the engine has not heard of the image that it stands for now.
    site.docker(&["tag", name, "kept:1"]);
    let digest = site.publish();
    site.docker(&["tag", "kept:1", name]);
    let moved = site.as_foretold(name);
    assert_eq!(moved["changed"], true, "{moved}");
    let second = moved["container"]["Image"].as_str().unwrap().to_owned();
    assert_ne!(second, first);
    assert_eq!(site.as_foretold(name)["changed"], false);

    // It moves back to an image that the engine still has: check mode knows even its ID.
    site.docker(&["tag", name, "kept:2"]);
    site.docker(&["tag", "kept:1", name]);
    site.docker(&["push", name]);
    site.docker(&["tag", "kept:2", name]);
    let foretold = site.web(name).check().diff().run().unwrap();
    assert_eq!(foretold["diff"]["after"]["image"], json!(first), "{foretold}");
    assert_eq!(site.as_foretold(name)["container"]["Image"], json!(first));
    assert_eq!(site.as_foretold(name)["changed"], false);

    a_tag_with_a_digest(site, &format!("{name}@{digest}"), &second);
    what_can_not_be_asked(site);
}

/// The digest decides; the tag beside it makes no difference that stays.
fn a_tag_with_a_digest(site: &Site, pinned: &str, id: &str) {
    let made = site.as_foretold(pinned);
    assert_eq!((&made["changed"], &made["container"]["Image"]), (&json!(true), &json!(id)), "{made}");
    assert_eq!(site.as_foretold(pinned)["changed"], false);
    for pull in ["always", "not_present", "newer"] {
        for check in [true, false] {
            let call = site.call("docker_image_pull", json!({"name": pinned, "pull": pull}));
            let again = if check { call.check() } else { call }.run().unwrap();
            assert_eq!(again["changed"], json!(check && pull == "always"), "{pull}: {again}");
        }
    }
}

fn what_can_not_be_asked(site: &Site) {
    let elsewhere = "127.0.0.1:5999/app:v1";
    site.docker(&["tag", &site.name, elsewhere]);
    for (name, reason) in [
        (elsewhere, "connection refused"),
        ("127.0.0.1:5000/org/app:none", "none"),
        (&format!("127.0.0.1:5000/org/app@sha256:{}", "0".repeat(64)), "the engine answered 4"),
    ] {
        let failed = site.web(name).check().run().unwrap();
        let message = failed["msg"].as_str().unwrap().to_lowercase();
        let wanted = format!("asking the registry what {name} stands for");
        assert!(message.contains(&wanted) && message.contains(reason), "{failed}");
    }
    let task = json!({"name": "kept:2", "repository": "127.0.0.1:5000/org/app:v2", "push": true, "source": "local"});
    let pushed = site.call("docker_image", task).run().unwrap();
    assert!(pushed["image"]["push_status"].as_str().unwrap().starts_with("v2: digest: sha256:"), "{pushed}");
    let task = json!({"name": elsewhere, "source": "pull", "force_source": true});
    let doubtful = site.call("docker_image", task).check().run().unwrap();
    assert_eq!(doubtful["changed"], true, "{doubtful}");
    let warning = doubtful["warnings"][0].as_str().unwrap();
    assert!(warning.contains("connection refused") && warning.contains("nobody knows"), "{doubtful}");
}

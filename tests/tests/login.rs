//! `docker_login` against a real registry, and what it leaves on the disk.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};
use tests::{Call, Engine, Registry, Version};

/// `secret` for the user `someone`.
const HTPASSWD: &str = "someone:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";

/// An engine with a registry that wants a login, and a folder for the configuration and for helpers.
struct Site {
    engine: Engine,
    registry: Registry,
    folder: PathBuf,
}

impl Site {
    fn new(version: Version) -> Site {
        let engine = Engine::start(version).unwrap();
        let registry = Registry::start_for(&engine, 5000, HTPASSWD).unwrap();
        let folder = engine.socket().with_file_name("logins");
        fs::create_dir(&folder).unwrap();
        Site { engine, registry, folder }
    }

    fn config(&self) -> PathBuf {
        self.folder.join("new/config.json")
    }

    fn written(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.config()).unwrap()).unwrap()
    }

    fn call(&self, more: Value) -> Call {
        let mut arguments = json!({
            "docker_host": self.engine.docker_host(), "registry_url": self.registry.address(), "username": "someone",
            "password": "secret", "config_path": self.config(),
        });
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let path = format!("{}:{}", self.folder.display(), std::env::var("PATH").unwrap());
        Call::of("docker_login", &arguments).unwrap().env("PATH", path).diff()
    }

    /// The result, in which there is no secret.
    fn run(&self, call: Call) -> Value {
        let result = call.run().unwrap();
        let text = result.to_string();
        // base64 of someone:secret
        assert!(!text.contains("secret") && !text.contains("c29tZW9uZTpzZWNyZXQ"), "{text}");
        result
    }
}

#[test]
fn a_login_is_kept_once_and_forgotten() {
    for version in [Version::Oldest, Version::Newest] {
        let site = Site::new(version);
        let foretold = site.run(site.call(json!({})).check());
        assert_eq!((&foretold["changed"], site.config().exists()), (&json!(true), false), "{foretold}");
        let done = site.run(site.call(json!({})));
        assert_eq!((&done["changed"], &done["diff"]), (&json!(true), &foretold["diff"]), "{done}");
        assert_eq!(done["login_result"]["Status"], "Login Succeeded", "{done}");
        assert_eq!(fs::metadata(site.config()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(site.folder.join("new")).unwrap().count(), 1, "something was left beside it");
        let again = site.run(site.call(json!({})));
        assert_eq!((&again["changed"], &again["actions"]), (&json!(false), &json!([])), "{again}");
        assert_eq!(site.run(site.call(json!({"reauthorize": true})))["changed"], true);

        // What the module kept opens the registry to Docker's own command line, as a user has it.
        let address = site.registry.address();
        site.engine.load_image(&format!("{address}/app:1")).unwrap();
        let mut push = site.engine.docker();
        let pushed = push.env("DOCKER_CONFIG", site.folder.join("new")).args(["push", &format!("{address}/app:1")]);
        assert!(pushed.output().unwrap().status.success());

        let before = fs::read(site.config()).unwrap();
        for check in [true, false] {
            let call = site.call(json!({"password": "wrong-secret"}));
            let failed = site.run(if check { call.check() } else { call });
            let message = failed["msg"].as_str().unwrap();
            assert!(message.starts_with(&format!("Logging into {address} for user someone failed - ")), "{failed}");
        }
        assert_eq!(fs::read(site.config()).unwrap(), before);

        fs::set_permissions(site.config(), PermissionsExt::from_mode(0o644)).unwrap();
        for changed in [true, false] {
            let out = site.run(site.call(json!({"state": "absent", "docker_host": "unix:///no/such"})));
            assert_eq!(out["changed"], changed, "{out}");
        }
        assert_eq!(site.written(), json!({"auths": {}}));
        assert_eq!(fs::metadata(site.config()).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_helper_keeps_what_the_file_must_not_hold() {
    let site = Site::new(Version::Newest);
    let helper = site.folder.join("docker-credential-test");
    let script = r#"#!/bin/sh
kept=$(dirname "$0")/kept
case $1 in
store) cat > "$kept" ;;
erase) rm "$kept" ;;
get) if [ -s "$kept" ]; then cat "$kept"; else echo 'credentials not found in native keychain'; exit 1; fi ;;
esac
"#;
    fs::write(&helper, script).unwrap();
    fs::set_permissions(&helper, PermissionsExt::from_mode(0o755)).unwrap();
    fs::create_dir(site.folder.join("new")).unwrap();
    let address = site.registry.address();
    for config in [json!({"credsStore": "test"}), json!({"credHelpers": {&address: "test"}, "credsStore": "none"})] {
        let mut with_login = config.clone();
        with_login["auths"] = json!({&address: {"auth": "b2xkOm9sZA=="}});
        fs::write(site.config(), with_login.to_string()).unwrap();
        for changed in [true, false] {
            let done = site.run(site.call(json!({})));
            assert_eq!(done["changed"], changed, "{done}");
        }
        assert!(fs::read_to_string(site.folder.join("kept")).unwrap().contains("secret"));
        assert_eq!(site.written()["auths"], json!({&address: {}}), "the old password is in the file still");
        for changed in [true, false] {
            let out = site.run(site.call(json!({"state": "absent"})));
            assert_eq!(out["changed"], changed, "{out}");
        }
        assert_eq!((site.written()["auths"].clone(), site.folder.join("kept").exists()), (json!({}), false));
    }
    fs::write(site.config(), json!({"credsStore": "missing"}).to_string()).unwrap();
    let failed = site.run(site.call(json!({})));
    assert!(failed["msg"].as_str().unwrap().contains("docker-credential-missing"), "{failed}");
}

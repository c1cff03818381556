//! `docker_image_pull` and `docker_image_info` against real engines and a real registry.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use serde_json::{Value, json};
use tests::{Call, Engine, Registry, Version};

/// `secret` for the user `someone`.
const HTPASSWD: &str = "someone:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";

fn call(engine: &Engine, module: &str, mut arguments: Value) -> Call {
    arguments["docker_host"] = engine.docker_host().into();
    Call::of(module, &arguments).unwrap()
}

fn pull(engine: &Engine, arguments: Value) -> Value {
    call(engine, "docker_image_pull", arguments).run().unwrap()
}

fn docker(engine: &Engine, words: &[&str]) -> String {
    let done = engine.docker().args(words).output().unwrap();
    assert!(done.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// Pushes a new image as `name` and leaves none of it on the engine; its digest.
fn publish(engine: &Engine, name: &str) -> String {
    engine.load_image(name).unwrap();
    docker(engine, &["push", name]);
    let digest = docker(engine, &["inspect", "-f", "{{index .RepoDigests 0}}", name]);
    docker(engine, &["rmi", "--force", name]);
    digest.split_once('@').unwrap().1.to_owned()
}

#[test]
fn tags_and_digests_on_the_oldest_engine() {
    tags_and_digests(&Engine::start(Version::Oldest).unwrap());
}

#[test]
fn tags_and_digests_on_the_newest_engine() {
    tags_and_digests(&Engine::start(Version::Newest).unwrap());
}

#[test]
fn tags_and_digests_in_the_containerd_image_store() {
    let engine = Engine::start_with(Version::Newest, &["--feature=containerd-snapshotter=true"]).unwrap();
    assert!(docker(&engine, &["info", "--format", "{{.DriverStatus}}"]).contains("io.containerd.snapshotter"));
    tags_and_digests(&engine);
}

fn tags_and_digests(engine: &Engine) {
    let registry = Registry::start(engine, 5000).unwrap();
    let name = format!("{}/org/app", registry.address());
    let tagged = format!("{name}:v1");
    let first = publish(engine, &tagged);

    let foretold = call(engine, "docker_image_pull", json!({"name": tagged})).check().run().unwrap();
    assert_eq!(foretold["changed"], true);
    assert_eq!(foretold["actions"], json!([format!("Pulled image {tagged}")]));
    assert_eq!(foretold["diff"], json!({"before": {"exists": false}, "after": {"id": "unknown"}}));
    assert_eq!(foretold["image"], json!({}));

    let pulled = pull(engine, json!({"name": name, "tag": "v1"}));
    assert_eq!(pulled["changed"], true, "{pulled}");
    let id = pulled["image"]["Id"].clone();
    assert_eq!(pulled["diff"], json!({"before": {"exists": false}, "after": {"id": id}}));
    assert_eq!(pulled["image"]["RepoDigests"], json!([format!("{name}@{first}")]));

    for when in ["always", "not_present", "newer"] {
        let again = pull(engine, json!({"name": tagged, "pull": when}));
        assert_eq!(again["changed"], false, "{when}: {again}");
        assert_eq!(again["diff"], json!({"before": {"id": id}, "after": {"id": id}}));
    }

    // The tag moves: pushed from this engine, which then has the old image only by its digest.
    docker(engine, &["tag", &tagged, "kept:1"]);
    let second = publish(engine, &tagged);
    assert_ne!(first, second);
    docker(engine, &["tag", "kept:1", &tagged]);
    docker(engine, &["rmi", "kept:1"]);
    let stays = pull(engine, json!({"name": tagged, "pull": "not_present"}));
    assert_eq!((&stays["changed"], &stays["image"]["Id"]), (&json!(false), &id));
    let foretold = call(engine, "docker_image_pull", json!({"name": tagged, "pull": "newer"})).check().run().unwrap();
    assert_eq!(foretold["changed"], true, "{foretold}");
    let moved = pull(engine, json!({"name": tagged, "pull": "newer"}));
    assert_eq!(moved["changed"], true, "{moved}");
    assert_ne!(moved["image"]["Id"], id);
    let foretold = call(engine, "docker_image_pull", json!({"name": tagged, "pull": "newer"})).check().run().unwrap();
    assert_eq!(foretold["changed"], false, "{foretold}");

    // A digest pins what the tag stood for before.
    let pinned = format!("{name}@{first}");
    docker(engine, &["rmi", "--force", &tagged, id.as_str().unwrap()]);
    for changed in [true, false] {
        let old = pull(engine, json!({"name": pinned, "pull": "not_present"}));
        assert_eq!((&old["changed"], &old["image"]["Id"]), (&json!(changed), &id), "{old}");
    }
    let facts = call(engine, "docker_image_info", json!({"name": [pinned, id, "no/such"]})).run().unwrap();
    assert_eq!(facts["images"].as_array().unwrap().len(), 2, "{facts}");
    let all = call(engine, "docker_image_info", json!({})).run().unwrap();
    assert!(all["images"].as_array().unwrap().iter().any(|image| image["Id"] == id), "{all}");
}

#[test]
fn errors_name_the_image_and_what_is_wrong() {
    for version in [Version::Oldest, Version::Newest] {
        let engine = Engine::start(version).unwrap();
        let registry = Registry::start(&engine, 5000).unwrap();
        publish(&engine, &format!("{}/app:v1", registry.address()));
        for (name, reason) in [
            (format!("{}/app:no-such-tag", registry.address()), "no-such-tag"),
            (format!("{}/none:v1", registry.address()), "not found"),
            (format!("{}/app@sha256:{}", registry.address(), "0".repeat(64)), "not found"),
            ("127.0.0.1:5999/app:v1".to_owned(), "connection refused"),
            (format!("{}/App:v1", registry.address()), "must be lowercase"),
        ] {
            let failed = pull(&engine, json!({"name": name}));
            let message = failed["msg"].as_str().unwrap();
            assert_eq!(failed["failed"], true, "{name}: {failed}");
            assert!(message.to_lowercase().contains(reason), "{name}: {message}");
        }
        let failed = pull(&engine, json!({"name": "127.0.0.1:5999/app", "pull": "newer"}));
        assert!(failed["msg"].as_str().unwrap().contains("connection refused"), "{failed}");
    }
}

#[test]
fn logins_come_from_the_file_and_from_helpers() {
    for version in [Version::Oldest, Version::Newest] {
        let engine = Engine::start(version).unwrap();
        let registry = Registry::start_for(&engine, 5000, HTPASSWD).unwrap();
        let name = format!("{}/app:v1", registry.address());
        docker(&engine, &["login", "--username", "someone", "--password", "secret", &registry.address()]);
        publish(&engine, &name);

        let folder = engine.socket().with_file_name("logins");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("config.json");
        let ask = |pull: &str| {
            call(&engine, "docker_image_pull", json!({"name": name, "pull": pull}))
                .env("DOCKER_CONFIG", &folder)
                .env("PATH", format!("{}:{}", folder.display(), std::env::var("PATH").unwrap()))
        };
        let refused = ask("always").run().unwrap();
        assert_eq!(refused["failed"], true, "{refused}");
        assert!(refused["msg"].as_str().unwrap().starts_with(&format!("Error pulling image {name}: ")), "{refused}");

        // As `docker login` left it.
        std::fs::copy(engine.socket().with_file_name("config").join("config.json"), &file).unwrap();
        assert_eq!(ask("newer").check().run().unwrap()["changed"], true);
        let pulled = ask("always").run().unwrap();
        assert_eq!(pulled["changed"], true, "{pulled}");
        assert!(!pulled.to_string().contains("secret"));

        // A helper for this registry, then one for all.
        let helper = folder.join("docker-credential-test");
        std::fs::write(
            &helper,
            "#!/bin/sh\nread -r server\n[ \"$1 $server\" = \"get 127.0.0.1:5000\" ] || \
             { echo credentials not found in native keychain; exit 1; }\n\
             echo '{\"ServerURL\":\"x\",\"Username\":\"someone\",\"Secret\":\"secret\"}'\n",
        )
        .unwrap();
        std::fs::set_permissions(&helper, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        for config in [
            json!({"credHelpers": {"127.0.0.1:5000": "test"}}),
            json!({"credsStore": "test", "auths": {"127.0.0.1:5000": {}}}),
        ] {
            std::fs::write(&file, config.to_string()).unwrap();
            let newer = ask("newer").run().unwrap();
            assert_eq!(newer["changed"], false, "{config}: {newer}");
        }
        for (config, reason) in [
            (json!({"credsStore": "none"}).to_string(), "docker-credential-none"),
            ("{".to_owned(), "config.json: line 1"),
            (json!({"auths": {"127.0.0.1:5000": {"auth": "!"}}}).to_string(), "log in again"),
        ] {
            std::fs::write(&file, config).unwrap();
            let failed = ask("always").run().unwrap();
            assert!(failed["msg"].as_str().unwrap().contains(reason), "{reason}: {failed}");
        }
    }
}

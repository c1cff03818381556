//! `docker_image_build` against real engines, and its contexts against those of `docker build`.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use serde_json::{Value, json};
use tests::{Call, Engine, Version};

const BASE: &str = "base:1";

/// An engine with a base image, and a folder for contexts.
struct Site {
    engine: Engine,
    folder: PathBuf,
}

impl Site {
    fn new(version: Version, arguments: &[&str]) -> Site {
        let engine = Engine::start_with(version, arguments).unwrap();
        engine.load_image(BASE).unwrap();
        let folder = engine.socket().with_file_name("contexts");
        fs::create_dir(&folder).unwrap();
        Site { engine, folder }
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn call(&self, mut arguments: Value) -> Call {
        arguments["docker_host"] = self.engine.docker_host().into();
        Call::of("docker_image_build", &arguments).unwrap()
    }

    fn build(&self, arguments: Value) -> Value {
        self.call(arguments).run().unwrap()
    }

    fn docker(&self, words: &[&str]) -> String {
        let done = self.engine.docker().env("DOCKER_BUILDKIT", "0").args(words).output().unwrap();
        assert!(done.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    /// Names, modes, sizes and contents of what an image has in /x.
    fn inside(&self, image: &str) -> String {
        let look = "cd /x && find . | sort | while read -r f; do stat -c '%N %a %F' \"$f\"; \
                    [ -f \"$f\" ] && [ ! -L \"$f\" ] && sha256sum \"$f\"; done; true";
        self.docker(&["run", "--rm", "--network", "none", image, "sh", "-c", look])
    }
}

#[test]
fn content_decides_on_the_oldest_engine() {
    content_decides(&Site::new(Version::Oldest, &[]));
}

#[test]
fn content_decides_on_the_newest_engine() {
    content_decides(&Site::new(Version::Newest, &[]));
}

#[test]
fn content_decides_in_the_containerd_image_store() {
    let site = Site::new(Version::Newest, &["--feature=containerd-snapshotter=true"]);
    assert!(site.docker(&["info", "--format", "{{.DriverStatus}}"]).contains("io.containerd.snapshotter"));
    content_decides(&site);
}

fn content_decides(site: &Site) {
    site.write("app/Dockerfile", &format!("FROM {BASE}\nARG v=0\nCOPY . /x\nRUN echo \"version $v\"\n"));
    let file = site.write("app/file", "one");
    site.write("app/.dockerignore", "*.md\nDockerfile\n");
    let path = site.folder.join("app");
    let arguments = |version: &str| json!({"name": "app:1", "path": path, "rebuild": "changed", "args": {"v": version}, "labels": {"own": true}});

    let foretold = site.call(arguments("1")).check().diff().run().unwrap();
    assert_eq!((&foretold["changed"], &foretold["image"]), (&json!(true), &json!({})), "{foretold}");
    let built = site.build(arguments("1"));
    assert_eq!(built["changed"], true, "{built}");
    assert_eq!(built["actions"], json!([format!("build image app:1 from {}", path.display())]));
    assert!(built["stderr"].as_str().unwrap().contains("version 1"), "{built}");
    assert_eq!(built["image"]["Config"]["Labels"]["own"], "true");
    let unchanged = |why: &str| {
        let again = site.build(arguments("1"));
        assert_eq!((&again["changed"], &again["actions"]), (&json!(false), &json!([])), "{why}: {again}");
    };
    let changed = |why: &str, version: &str| {
        let foretold = site.call(arguments(version)).check().run().unwrap();
        assert_eq!(foretold["changed"], true, "{why}: {foretold}");
        let again = site.build(arguments(version));
        assert_eq!(again["changed"], true, "{why}: {again}");
    };
    unchanged("second run");
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
    unchanged("only the time of a file");
    site.write("app/notes.md", "ignored");
    unchanged("an ignored file");
    site.write("app/file", "two");
    changed("a file's content", "1");
    fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
    changed("a file's mode", "1");
    symlink("file", path.join("link")).unwrap();
    changed("a link", "1");
    changed("an argument", "2");
    changed("the argument back", "1");
    unchanged("and now");

    let plain = json!({"name": "app", "tag": "1", "path": path});
    assert_eq!(site.build(plain.clone())["changed"], false);
    let mut always = plain;
    always["rebuild"] = "always".into();
    assert_eq!(site.build(always)["changed"], true);
}

#[test]
fn contexts_are_those_of_docker_build() {
    for version in [Version::Oldest, Version::Newest] {
        let site = Site::new(version, &[]);
        let context = site.folder.join("tree");
        for (path, text) in [
            ("a", "a"),
            ("b.log", "b"),
            ("docs/README.md", "read me"),
            ("docs/secret.md", "hush"),
            ("docs/deep/er/keep.txt", "keep"),
            ("docs/deep/er/drop.txt", "drop"),
            ("src/main.c", "main"),
            ("src/main.o", "object"),
            ("src/lib/x.o", "object"),
            (".git/config", "git"),
            ("odd name/ü [x]", "odd"),
            (&format!("long/{}/{}", "d".repeat(120), "f".repeat(120)), "long"),
        ] {
            site.write(&format!("tree/{path}"), text);
        }
        fs::create_dir_all(context.join("empty/folder")).unwrap();
        symlink("../a", context.join("src/link")).unwrap();
        symlink("/nowhere", context.join("dangling")).unwrap();
        fs::set_permissions(context.join("a"), PermissionsExt::from_mode(0o4751)).unwrap();
        fs::set_permissions(context.join("src"), PermissionsExt::from_mode(0o700)).unwrap();
        site.write("tree/Dockerfile", &format!("FROM {BASE}\nCOPY . /x\n"));
        for (number, ignore) in [
            "",
            "# all but\n*\n!src\n!docs/README.md\n",
            "**/*.o\n*.log\n.git\ndocs/*\n!docs/README.md\n!docs/deep/er/keep.txt\n",
            "docs\n!docs/deep/er/k*\nDockerfile\n.dockerignore\n",
            "long\nodd*\n**/lib\n",
            "docs/**\nsrc/[a-m]*.?\n",
        ]
        .into_iter()
        .enumerate()
        {
            site.write("tree/.dockerignore", ignore);
            let (theirs, ours) = (format!("theirs:{number}"), format!("ours:{number}"));
            site.docker(&["build", "--quiet", "--no-cache", "--tag", &theirs, context.to_str().unwrap()]);
            let built = site.build(json!({"name": ours, "path": context, "nocache": true}));
            assert_eq!(built["changed"], true, "{built}");
            assert_eq!(site.inside(&ours), site.inside(&theirs), "with .dockerignore {ignore:?}");
        }
    }
}

#[test]
fn options_reach_the_engine() {
    for version in [Version::Oldest, Version::Newest] {
        let site = Site::new(version, &[]);
        let run = "grep -q '^10.1.2.3.*one' /etc/hosts && grep -q '^10.1.2.4.*two' /etc/hosts && df -k /dev/shm";
        site.write(
            "far/else.Dockerfile",
            &format!("FROM {BASE} AS first\nRUN {run}\nCOPY . /x\nFROM {BASE}\nRUN false\n"),
        );
        site.write("far/else.Dockerfile.dockerignore", "left\n");
        site.write("near/left", "stays behind");
        site.write("near/right", "comes along");
        let built = site.build(json!({
            "name": "app", "path": site.folder.join("near"), "dockerfile": "../far/else.Dockerfile", "target": "first",
            "etc_hosts": {"one": "10.1.2.3", "two": "10.1.2.4"}, "shm_size": "3G", "network": "none", "platform": "linux",
            "cache_from": ["base:1"], "labels": {"a b": "c's \"d\""},
        }));
        assert_eq!(built["changed"], true, "{built}");
        assert!(built["stderr"].as_str().unwrap().contains("3145728"), "{built}");
        assert_eq!(built["image"]["Config"]["Labels"], json!({"a b": "c's \"d\""}));
        let inside = site.inside("app");
        assert!(inside.contains("./right") && !inside.contains("./left") && !inside.contains("ockerfile"), "{inside}");
    }
}

#[test]
fn what_needs_buildkit_goes_to_the_plug_in() {
    let site = Site::new(Version::Newest, &[]);
    site.engine.add_plugins().unwrap();
    site.write(
        "kit/Dockerfile",
        &format!("FROM {BASE}\nRUN --mount=type=secret,id=token cat /run/secrets/token | rev\nCOPY . /x\n"),
    );
    let secret = site.write("token", "from a file\n");
    let (archive, client) = (site.folder.join("out.tar"), site.engine.docker());
    let config = site.engine.socket().with_file_name("config");
    let base = json!({
        "name": "app:1", "path": site.folder.join("kit"), "docker_cli": client.get_program().to_str(), "nocache": true,
        "rebuild": "changed",
    });
    let call = |more: Value| {
        let mut arguments = base.clone();
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        site.call(arguments).env("DOCKER_CONFIG", &config).env("TOKEN", "from outside").run().unwrap()
    };
    for (secret, said) in [
        (json!({"id": "token", "type": "value", "value": "in the play"}), "yalp eht ni"),
        (json!({"id": "token", "type": "env", "env": "TOKEN"}), "edistuo morf"),
        (json!({"id": "token", "type": "file", "src": secret}), "elif a morf"),
    ] {
        let built = call(json!({"secrets": [secret], "rebuild": "always"}));
        assert_eq!(built["changed"], true, "{built}");
        assert!(built["stderr"].as_str().unwrap().contains(said), "{built}");
        assert!(!built.to_string().contains("in the play"), "{built}");
        assert_eq!(built["image"]["RepoTags"], json!(["app:1"]));
    }
    let archived = call(json!({"outputs": [{"type": "tar", "dest": archive}], "rebuild": "always"}));
    assert_eq!(archived["changed"], true, "{archived}");
    assert!(archive.exists());
    // The Dockerfile alone needs it too; and the checksum makes the second run unchanged here as well.
    for changed in [true, false] {
        assert_eq!(call(json!({}))["changed"], changed);
    }
    let failed = call(json!({"args": {"a": 1}, "secrets": [{"id": "other", "type": "file", "src": "/no/such"}]}));
    assert!(failed["msg"].as_str().unwrap().contains("/no/such"), "{failed}");
}

#[test]
fn a_context_of_the_command_line_names_the_engine() {
    let site = Site::new(Version::Newest, &[]);
    site.write("app/Dockerfile", &format!("FROM {BASE}\n"));
    site.docker(&["context", "create", "there", "--docker", &format!("host={}", site.engine.docker_host())]);
    let config = site.engine.socket().with_file_name("config");
    let call = |context: &str| {
        let arguments = json!({"name": "app", "path": site.folder.join("app"), "cli_context": context});
        Call::of("docker_image_build", &arguments).unwrap().env("DOCKER_CONFIG", &config).run().unwrap()
    };
    let built = call("there");
    assert_eq!(built["changed"], true, "{built}");
    assert_eq!(call("there")["changed"], false);
    let failed = call("elsewhere");
    assert!(failed["msg"].as_str().unwrap().contains("`cli_context` \"elsewhere\""), "{failed}");
}

#[test]
fn errors_tell_what_failed() {
    for version in [Version::Oldest, Version::Newest] {
        let site = Site::new(version, &[]);
        site.write("fails/Dockerfile", &format!("FROM {BASE}\nRUN echo before && exit 3\n"));
        site.write("wrong/Dockerfile", &format!("FROM {BASE}\nNONSENSE\n"));
        site.write("ignore/Dockerfile", "FROM x");
        site.write("ignore/.dockerignore", "ok\n[\n");
        site.write("kit/Dockerfile", &format!("FROM {BASE}\nRUN --mount=type=cache,target=/c true\n"));
        fs::create_dir(site.folder.join("none")).unwrap();
        let at = |path: &str| json!({"name": "app", "path": site.folder.join(path), "docker_cli": "/no/such/docker"});
        for (arguments, reason) in [
            (at("fails"), "returned a non-zero code: 3"),
            (at("wrong"), "unknown instruction: NONSENSE"),
            (at("ignore"), "line 2 of"),
            (at("none"), "there is no Dockerfile at"),
            (at("absent"), "is not an existing directory"),
            (at("kit"), "line 2: RUN --mount needs BuildKit"),
            (
                json!({"name": "app", "path": site.folder.join("fails"), "dockerfile": "Other"}),
                "is not an existing file",
            ),
            (json!({"name": "Upper", "path": site.folder.join("fails")}), "must be lowercase"),
        ] {
            let failed = site.build(arguments.clone());
            assert_eq!(failed["failed"], true, "{failed}");
            assert!(failed["msg"].as_str().unwrap().contains(reason), "{arguments}: {failed}");
        }
        let failed = site.build(at("fails"));
        assert!(failed["stderr"].as_str().unwrap().contains("before"), "{failed}");
        assert_eq!(failed["actions_done"], json!([]), "{failed}");
    }
}

#[test]
fn a_large_file_is_streamed() {
    let site = Site::new(Version::Newest, &[]);
    site.write("large/Dockerfile", &format!("FROM {BASE}\nCOPY large /x/\n"));
    let large = fs::File::create(site.folder.join("large/large")).unwrap();
    large.set_len(600 << 20).unwrap();
    let arguments = json!({"name": "app", "path": site.folder.join("large"), "rebuild": "changed"});
    let built = site.call(arguments).with_memory(32 << 20).run().unwrap();
    assert_eq!(built["changed"], true, "{built}");
}

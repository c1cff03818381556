//! `volume_backup` against real engines: round trips, users that rest and go on, kills, full disks, damage.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Call, Engine, Inside, S3, Sshd, Version, tool};

/// An engine with a small image, and a folder for backups and records that goes with it.
struct Host {
    engine: Engine,
    folder: PathBuf,
}

impl Host {
    fn new(version: Version) -> Host {
        let engine = Engine::start(version).unwrap();
        engine.load_image("tiny:1").unwrap();
        let folder = engine.socket().with_file_name("test");
        fs::create_dir(&folder).unwrap();
        Host { engine, folder }
    }

    fn docker(&self, words: &[&str]) -> String {
        let done = self.engine.docker().args(words).output().unwrap();
        assert!(done.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    fn backups(&self) -> PathBuf {
        self.folder.join("backups")
    }

    fn call(&self, mut arguments: Value) -> Call {
        arguments["docker_host"] = self.engine.docker_host().into();
        arguments["state_directory"] = self.folder.join("state").display().to_string().into();
        if ["directory", "target_volume", "ssh", "s3"].iter().all(|target| arguments.get(target).is_none()) {
            arguments["directory"] = self.backups().display().to_string().into();
        }
        Call::new("volumes", "volume_backup", &arguments).unwrap().diff()
    }

    fn run(&self, arguments: Value) -> Value {
        self.call(arguments).run().unwrap()
    }

    fn good(&self, arguments: Value) -> Value {
        let done = self.run(arguments.clone());
        assert!(done.get("failed").is_none(), "{arguments}: {done}");
        done
    }

    fn refused(&self, arguments: Value, why: &str) -> Value {
        let done = self.run(arguments.clone());
        assert!(done["msg"].as_str().unwrap_or_default().contains(why), "{arguments}: {done}");
        done
    }

    /// The directory of a volume's files.
    fn data(&self, volume: &str) -> PathBuf {
        self.docker(&["volume", "inspect", "--format", "{{.Mountpoint}}", volume]).into()
    }

    /// A container that has the volume, runs, and heeds SIGTERM.
    fn user(&self, name: &str, volume: &str) {
        let mount = format!("{volume}:/data");
        let script = "trap 'exit 0' TERM; while :; do sleep 0.1; done";
        self.docker(&["run", "--detach", "--name", name, "--volume", &mount, "tiny:1", "sh", "-c", script]);
    }

    fn state(&self, container: &str) -> String {
        self.docker(&["inspect", "--format", "{{.State.Status}}", container])
    }

    fn started(&self, container: &str) -> String {
        self.docker(&["inspect", "--format", "{{.State.StartedAt}}", container])
    }

    /// The records that are left. One that a kill left half written says nothing, and the next run removes it.
    fn records(&self) -> Vec<String> {
        names(&self.folder.join("state")).into_iter().filter(|name| name.ends_with(".json")).collect()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn within(seconds: u64, what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within {seconds} s");
        sleep(Duration::from_millis(50));
    }
}

/// The engines with which a volume goes away and comes back, its users resting in each way.
#[test]
fn a_volume_goes_and_comes_back() {
    for version in [Version::Oldest, Version::Newest] {
        let host = Host::new(version);
        host.docker(&["volume", "create", "--label", "a=b", "db"]);
        host.user("web", "db");
        let data = host.data("db");
        fs::write(data.join("file"), "content").unwrap();
        fs::set_permissions(data.join("file"), fs::Permissions::from_mode(0o4711)).unwrap();
        std::os::unix::fs::symlink("/nowhere", data.join("link")).unwrap();

        let begun = host.started("web");
        let task = json!({"name": "db", "backup": "one"});
        let foretold = host.call(task.clone()).check().run().unwrap();
        assert!(!host.backups().exists() && host.records().is_empty(), "check mode has written");
        let done = host.good(task.clone());
        let place = host.backups().display().to_string();
        let actions = ["pause container web", &format!("back up volume db to {place} as one"), "unpause container web"];
        assert_eq!((&done["changed"], &done["actions"]), (&json!(true), &json!(actions)), "{done}");
        assert_eq!((&foretold["actions"], &foretold["diff"]), (&done["actions"], &done["diff"]));
        assert_eq!((host.state("web"), host.started("web")), ("running".to_owned(), begun.clone()));
        let backup = &done["backup"];
        let path = Path::new(backup["path"].as_str().unwrap());
        assert_eq!(
            (&backup["files"], &backup["entries"], &backup["named"]),
            (&json!(1), &json!(3), &json!(true)),
            "{done}"
        );
        assert_eq!(fs::metadata(path).unwrap().size(), backup["size"].as_u64().unwrap());
        assert_eq!(fs::metadata(path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(names(&host.backups()), ["db@one.tar.zst", "db@one.tar.zst.json"]);
        assert_eq!(host.records(), [""; 0]);
        assert_eq!(host.good(task)["changed"], json!(false));

        let listed = host.good(json!({"state": "list"}));
        assert_eq!((&listed["backups"][0], &listed["changed"]), (backup, &json!(false)));
        let verified = host.good(json!({"name": "db", "state": "verified"}));
        assert_eq!(&verified["verified"]["files"], &json!(1), "{verified}");

        // In use: refused, and told who it is.
        fs::write(data.join("file"), "other").unwrap();
        fs::write(data.join("more"), "").unwrap();
        host.refused(json!({"name": "db", "state": "restored"}), "volume db is in use by web: with `quiesce` stop");
        assert_eq!(fs::read_to_string(data.join("file")).unwrap(), "other");

        let task = json!({"name": "db", "state": "restored", "quiesce": "stop"});
        let foretold = host.call(task.clone()).check().run().unwrap();
        assert_eq!(fs::read_to_string(data.join("file")).unwrap(), "other", "check mode has written");
        assert_eq!(foretold["diff"]["before"]["differs"]["file"], json!("content"), "{foretold}");
        assert_eq!(foretold["diff"]["before"]["differs"]["more"], json!("extra"), "{foretold}");
        let done = host.good(task.clone());
        assert_eq!((&foretold["actions"], &foretold["diff"]), (&done["actions"], &done["diff"]));
        assert_eq!(done["actions"].as_array().unwrap().len(), 4, "{done}");
        assert_eq!(
            (fs::read_to_string(data.join("file")).unwrap().as_str(), data.join("more").exists()),
            ("content", false)
        );
        assert_eq!(fs::metadata(data.join("file")).unwrap().mode() & 0o7777, 0o4711);
        assert_eq!(names(data.parent().unwrap()).iter().filter(|name| name.contains("restore")).count(), 0);
        assert_eq!(host.state("web"), "running");
        assert_ne!(host.started("web"), begun);
        // The container sees what was restored.
        assert_eq!(host.docker(&["exec", "web", "cat", "/data/file"]), "content");
        assert_eq!(host.good(task)["changed"], json!(false));

        let task = json!({"name": "db", "state": "restored", "restore_to": "copy"});
        let done = host.good(task.clone());
        assert_eq!(done["actions"][0], json!("create volume copy with driver local"), "{done}");
        assert_eq!(fs::read_to_string(host.data("copy").join("file")).unwrap(), "content");
        assert_eq!(host.docker(&["volume", "inspect", "--format", "{{.Labels.a}}", "copy"]), "b");
        assert_eq!(host.good(task)["changed"], json!(false));

        host.good(json!({"name": "db", "quiesce": "none"}));
        host.good(json!({"name": "db", "quiesce": "none"}));
        let gone = host.good(json!({"name": "db", "state": "absent", "retention": {"keep_last": 1}}));
        assert_eq!(gone["actions"].as_array().unwrap().len(), 1, "{gone}");
        assert_eq!(names(&host.backups()).len(), 4);
        host.good(json!({"name": "db", "state": "absent", "backup": "one"}));
        assert_eq!(names(&host.backups()).len(), 2);
        let hook = json!({"before": ["sh", "-c", "echo before > /data/hook"], "after": ["sh", "-c", "echo after > /data/hook"]});
        host.good(json!({"name": "db", "quiesce": "hook", "hook": hook, "backup": "hooked"}));
        assert_eq!(fs::read_to_string(data.join("hook")).unwrap().trim(), "after");
        host.good(json!({"name": "db", "state": "restored", "backup": "hooked", "restore_to": "hooked"}));
        assert_eq!(fs::read_to_string(host.data("hooked").join("hook")).unwrap().trim(), "before");
    }
}

/// What is wrong is refused before anything is touched.
#[test]
fn what_can_not_be_is_refused_and_nothing_is_touched() {
    let host = Host::new(Version::Newest);
    host.docker(&["volume", "create", "db"]);
    host.user("web", "db");
    let (data, begun) = (host.data("db"), host.started("web"));
    fs::write(data.join("file"), vec![7; 100_000]).unwrap();
    let made = host.good(json!({"name": "db", "backup": "good"}));
    let path = PathBuf::from(made["backup"]["path"].as_str().unwrap());
    let bytes = fs::read(&path).unwrap();
    let restore = json!({"name": "db", "state": "restored", "quiesce": "stop", "backup": "good"});
    fs::write(data.join("file"), "newer").unwrap();
    let mut spoilt = bytes.clone();
    spoilt[bytes.len() / 2] ^= 1;
    for (spoilt, why) in [
        (spoilt, "damaged"),
        (bytes[..bytes.len() - 3].to_vec(), "damaged: its end is missing"),
        ([&bytes[..], b"more"].concat(), "damaged"),
        (b"something else".to_vec(), "damaged"),
        (vec![], "damaged: its end is missing"),
    ] {
        fs::write(&path, spoilt).unwrap();
        host.refused(restore.clone(), why);
        host.refused(json!({"name": "db", "state": "verified", "backup": "good"}), why);
    }
    // Whole, but not what was made.
    fs::write(&path, &bytes).unwrap();
    let card = path.with_file_name("db@good.tar.zst.json");
    let text = fs::read_to_string(&card).unwrap();
    let sum = made["backup"]["sha256"].as_str().unwrap();
    fs::write(&card, text.replace(sum, &"0".repeat(64))).unwrap();
    host.refused(restore.clone(), "when it was made");
    fs::write(&card, text).unwrap();

    host.refused(json!({"name": "none"}), "there is no volume none");
    host.refused(json!({"name": "db", "directory": data.join("b").display().to_string()}), "is in the volume itself");
    host.refused(json!({"name": "db", "directory": "backups"}), "no absolute path");
    let mut away = host.call(json!({"name": "db"}));
    away = away.with("docker_host", "tcp://127.0.0.1:1".into());
    let away = away.run().unwrap();
    assert!(away["msg"].as_str().unwrap().contains("read on the engine's own host"), "{away}");
    host.docker(&["volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "unmounted"]);
    host.refused(json!({"name": "unmounted"}), "mounted only while a container uses it");

    let failing = json!({"before": ["sh", "-c", "echo not today; exit 3"], "after": ["touch", "/data/after"]});
    let failed = host
        .refused(json!({"name": "db", "quiesce": "hook", "hook": failing, "backup": "hook"}), "status 3: not today");
    assert_eq!(failed["actions_undone"].as_array().unwrap().len(), 1, "{failed}");
    assert!(data.join("after").exists());
    assert_eq!(names(&host.backups()).len(), 2);
    assert_eq!((host.state("web"), host.started("web")), ("running".to_owned(), begun));
    assert_eq!(fs::read_to_string(data.join("file")).unwrap(), "newer");
    assert_eq!(host.records(), [""; 0]);

    // Without its card a backup is still one; with it it is listed no other way.
    fs::remove_file(&card).unwrap();
    let listed = host.good(json!({"name": "db", "state": "list"}));
    assert_eq!((&listed["backups"][0]["name"], &listed["backups"][0]["sha256"]), (&json!("good"), &json!("")));
    host.good(restore);
    assert_eq!(fs::metadata(data.join("file")).unwrap().size(), 100_000);
}

/// SIGKILL at any moment: users go on, no half backup looks whole, and the next run does its work. `CDGP_KILLS` says how
/// often.
#[test]
fn a_killed_run_is_undone_by_its_watcher() {
    let kills: u64 = std::env::var("CDGP_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(6);
    let host = Host::new(Version::Newest);
    host.docker(&["volume", "create", "db"]);
    host.user("web", "db");
    let data = host.data("db");
    for number in 0..400 {
        fs::write(data.join(format!("{number}")), number.to_string().repeat(5000)).unwrap();
    }
    host.good(json!({"name": "db", "backup": "first"}));
    let mut between = 0;
    for kill in 0..kills {
        // A volume that differs, so that a restore has something to do; whichever content it has is whole.
        let restore = kill % 3 == 2;
        fs::write(data.join("0"), format!("changed {kill}")).unwrap();
        let task = match kill % 3 {
            0 => json!({"name": "db", "backup": format!("b{kill}"), "compression_level": 12}),
            1 => json!({"name": "db", "backup": format!("b{kill}"), "quiesce": "stop"}),
            _ => json!({"name": "db", "state": "restored", "backup": "first", "quiesce": "stop"}),
        };
        let mut child = host.call(task.clone()).start().unwrap();
        // Spread over the time that such a run takes.
        sleep(Duration::from_millis(20 + (kill * 67) % 500));
        let _ = child.kill();
        let ended = child.wait_with_output().unwrap();
        between += u64::from(ended.stdout.is_empty());
        within(30, "its watcher has undone it", || host.records().is_empty());
        assert_eq!(host.state("web"), "running", "{task}");
        assert!(!names(&host.backups()).iter().any(|name| name.contains("partial")), "{:?}", names(&host.backups()));
        assert_eq!(names(data.parent().unwrap()).iter().filter(|name| name.contains("restore")).count(), 0);
        assert_eq!(names(&data).len(), 400);
        let first = fs::read_to_string(data.join("0")).unwrap();
        assert!(first == format!("changed {kill}") || (restore && first.len() == 5000), "{task}: {first}");
        for backup in host.good(json!({"name": "db", "state": "list"}))["backups"].as_array().unwrap() {
            host.good(json!({"name": "db", "state": "verified", "backup": backup["name"]}));
        }
        host.good(task.clone());
        assert_eq!(host.good(task)["changed"], json!(false));
    }
    assert!(between > 0, "no run was killed before it had ended");

    // A host that went down leaves a record and no watcher: the next run undoes it, or `volumes recover`.
    for by_tool in [true, false] {
        let record = json!({"of": "test", "docker_host": host.engine.docker_host(), "undo": [
            {"unpause": {"id": host.docker(&["inspect", "--format", "{{.Id}}", "web"]), "name": "web"}},
        ]});
        host.docker(&["pause", "web"]);
        fs::write(host.folder.join("state/1.json"), record.to_string()).unwrap();
        if by_tool {
            let done = tool("volumes", "recover")
                .unwrap()
                .arg("--state-directory")
                .arg(host.folder.join("state"))
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&done.stdout), "test: unpause container web\n", "{done:?}");
        } else {
            let task = json!({"name": "db", "backup": "after"});
            let foretold = host.call(task.clone()).check().run().unwrap();
            assert_eq!(host.state("web"), "paused", "check mode has undone something");
            let wanted = json!("undo what a test left that did not come to its end: unpause container web");
            assert_eq!(foretold["actions"][0], wanted);
            assert_eq!(host.good(task)["actions"][0], wanted);
        }
        assert_eq!((host.state("web").as_str(), host.records().len()), ("running", 0));
    }
}

/// No room: where the backup goes, and where it is restored to. What was there stays.
#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    let host = Host::new(Version::Newest);
    let inside = |words: &[&str]| {
        let done = host.engine.command_inside(words[0]).args(&words[1..]).output().unwrap();
        assert!(done.status.success(), "{words:?}: {done:?}");
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    let run = |arguments: Value| host.call(arguments).inside(&host.engine).run().unwrap();
    let small = host.folder.join("small").display().to_string();
    fs::create_dir(&small).unwrap();
    inside(&["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", &small]);
    for (volume, size) in [("big", "20m"), ("little", "1m")] {
        let size = format!("o=size={size}");
        host.docker(&["volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", &size, volume]);
        host.user(&format!("user-of-{volume}"), volume);
    }
    host.docker(&[
        "exec",
        "user-of-big",
        "sh",
        "-c",
        "dd if=/dev/urandom of=/data/random bs=1M count=4; echo kept > /data/small",
    ]);
    host.docker(&["exec", "user-of-little", "sh", "-c", "echo old > /data/old"]);
    let full = run(json!({"name": "big", "directory": &small}));
    assert!(full["msg"].as_str().unwrap().contains("No space left"), "{full}");
    assert_eq!(inside(&["ls", "-A", &small]), "", "a part of a backup has been left");
    assert_eq!(host.state("user-of-big"), "running");

    let made = run(json!({"name": "big", "backup": "one"}));
    assert_eq!(made["backup"]["files"], json!(2), "{made}");
    // The users of a mounted volume are what keeps it mounted; so it can be restored only while nobody but a sleeper has it.
    let full = run(json!({"name": "big", "backup": "one", "state": "restored", "restore_to": "little"}));
    assert!(full["msg"].as_str().unwrap().contains("in use by user-of-little"), "{full}");
    assert_eq!(host.docker(&["exec", "user-of-little", "ls", "-A", "/data"]), "old");

    // A plain volume on a full disk: the volume's folder itself is the small one.
    host.docker(&["volume", "create", "plain"]);
    let plain = host.data("plain");
    inside(&["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", &plain.display().to_string()]);
    inside(&["sh", "-c", &format!("echo old > {}/old", plain.display())]);
    let full = run(json!({"name": "big", "backup": "one", "state": "restored", "restore_to": "plain"}));
    assert!(full["msg"].as_str().unwrap().contains("No space left"), "{full}");
    assert_eq!(inside(&["ls", "-A", &plain.display().to_string()]), "old\n");
    inside(&["mount", "-o", "remount,size=20m", &plain.display().to_string()]);
    let done = run(json!({"name": "big", "backup": "one", "state": "restored", "restore_to": "plain"}));
    assert_eq!(done["changed"], json!(true), "{done}");
    assert_eq!(inside(&["ls", "-A", &plain.display().to_string()]), "random\nsmall\n");
    let again = run(json!({"name": "big", "backup": "one", "state": "restored", "restore_to": "plain"}));
    assert_eq!(again["changed"], json!(false), "{again}");
    assert_eq!(host.records(), [""; 0]);
}

/// A service's tasks can't be stopped one by one: the swarm would start others.
#[test]
fn a_service_is_scaled_down_and_back() {
    let host = Host::new(Version::Newest);
    host.docker(&["swarm", "init", "--advertise-addr", "127.0.0.1"]);
    let script = "trap 'exit 0' TERM; while :; do sleep 0.1; done";
    host.docker(&[
        "service",
        "create",
        "--detach",
        "--no-resolve-image",
        "--name",
        "api",
        "--replicas",
        "2",
        "--mount",
        "type=volume,source=db,target=/data",
        "tiny:1",
        "sh",
        "-c",
        script,
    ]);
    let running = || host.docker(&["ps", "--quiet", "--filter", "volume=db"]).lines().count();
    within(30, "two tasks", || running() == 2);
    let done = host.good(json!({"name": "db", "backup": "one", "quiesce": "stop"}));
    let actions = done["actions"].as_array().unwrap();
    assert_eq!(
        (&actions[0], &actions[2]),
        (&json!("scale service api to 0"), &json!("scale service api to 2")),
        "{done}"
    );
    within(30, "two tasks again", || running() == 2);
    host.docker(&["service", "update", "--detach", "--replicas", "1", "api"]);
    within(30, "one task", || running() == 1);

    // A run that was killed in between.
    let service = host.docker(&["service", "inspect", "--format", "{{.ID}}", "api"]);
    host.docker(&["service", "update", "--detach", "--replicas", "0", "api"]);
    let record = json!({"of": "test", "docker_host": host.engine.docker_host(), "undo": [
        {"scale": {"id": service, "name": "api", "replicas": 1}},
    ]});
    fs::write(host.folder.join("state/1.json"), record.to_string()).unwrap();
    let done = host.good(json!({"name": "db", "state": "absent", "backup": "one"}));
    assert!(done["actions"][0].as_str().unwrap().ends_with("scale service api to 1"), "{done}");
    within(30, "its task", || running() == 1);
}

/// Wherever backups are kept: made, listed, checked, restored, removed; and encrypted ones open for their key only.
#[test]
fn backups_are_kept_in_other_places_too() {
    let host = Host::new(Version::Newest);
    let run = |arguments: Value| host.call(arguments).inside(&host.engine).run().unwrap();
    host.docker(&["volume", "create", "db"]);
    host.docker(&["volume", "create", "backups"]);
    let data = host.data("db");
    let mut random = vec![0_u8; 18 << 20];
    std::io::Read::read_exact(&mut fs::File::open("/dev/urandom").unwrap(), &mut random).unwrap();
    fs::write(data.join("text"), "text").unwrap();
    let sshd = Sshd::start(&host.engine, 2222).unwrap();
    let s3 = S3::start(&host.engine, 5000).unwrap();
    let (port, key, known) = sshd.access();
    let there = host.folder.join("the other's").display().to_string();
    let ssh = json!({"host": "127.0.0.1", "user": "root", "port": port, "identity_file": key,
                     "known_hosts_file": known, "directory": there});
    let bucket = json!({"endpoint": s3.endpoint, "bucket": "backups", "prefix": "hosts/web 1", "access_key": "a",
                        "secret_key": "not to be shown"});
    let age = AGE_KEY;
    for (number, (target, value)) in
        [("s3", bucket.clone()), ("target_volume", json!("backups")), ("ssh", ssh.clone()), ("directory", json!(there))]
            .into_iter()
            .enumerate()
    {
        // To the bucket it is more than one part of an upload.
        random.truncate(if target == "s3" { 18 << 20 } else { 100_000 });
        fs::write(data.join("random"), &random).unwrap();
        let good = |mut arguments: Value| {
            arguments[target] = value.clone();
            let done = run(arguments.clone());
            assert!(done.get("failed").is_none(), "{arguments}: {done}");
            assert!(!done.to_string().contains("not to be shown"), "{done}");
            done
        };
        let done = good(json!({"name": "db", "backup": "one", "verify": true}));
        assert_eq!((&done["changed"], &done["backup"]["files"]), (&json!(true), &json!(2)), "{done}");
        assert_eq!(good(json!({"name": "db", "backup": "one"}))["changed"], json!(false));
        let listed = good(json!({"state": "list"}));
        assert_eq!(listed["backups"], json!([done["backup"]]), "{listed}");
        good(json!({"name": "db", "state": "verified"}));
        let copy = format!("copy{number}");
        good(json!({"name": "db", "state": "restored", "restore_to": copy}));
        assert!(fs::read(host.data(&copy).join("random")).unwrap() == random, "{target}");
        good(json!({"name": "db", "backup": "sealed", "age_recipients": [age.0]}));
        let restore = json!({"name": "db", "state": "restored", "backup": "sealed", "restore_to": format!("s{number}"), "age_identity": age.1});
        let done = good(restore.clone());
        assert!(!done.to_string().contains(age.1), "{done}");
        assert_eq!(fs::read_to_string(host.data(&format!("s{number}")).join("text")).unwrap(), "text");
        let mut closed = restore;
        closed["age_identity"] = Value::Null;
        closed[target] = value.clone();
        let done = run(closed);
        assert!(done["msg"].as_str().unwrap().contains("is encrypted: give its key"), "{done}");
        for backup in ["one", "sealed"] {
            good(json!({"name": "db", "state": "absent", "backup": backup}));
        }
        assert_eq!(good(json!({"state": "list"}))["backups"], json!([]));
    }
    assert_eq!(names(Path::new(&there)), [""; 0]);

    // What is not there, or lets nobody in, says so.
    let refused = |target: &str, mut value: Value, key: &str, other: Value, why: &str| {
        value[key] = other;
        let mut arguments = json!({"name": "db"});
        arguments[target] = value;
        let done = run(arguments);
        assert!(done["msg"].as_str().unwrap_or_default().contains(why), "{done}");
    };
    refused("ssh", ssh.clone(), "port", json!(1), "Connection refused");
    refused("ssh", ssh.clone(), "known_hosts_file", json!("/dev/null"), "Host key verification failed");
    refused("s3", bucket.clone(), "bucket", json!("none"), "NoSuchBucket");
    refused("s3", bucket.clone(), "endpoint", json!("http://127.0.0.1:1"), "refused");
    refused("s3", bucket, "endpoint", json!("nowhere"), "it is no address");
}

/// A key made for this test.
const AGE_KEY: (&str, &str) = (
    "age19qe65lknmvsytlhhdue28wzs44clv4839rfrfx6yx8tnhrgzvdyqfkv8u8",
    "AGE-SECRET-KEY-1QPK73AJXJZ057A3YVJNJ9F5Y3MUXLFK6WH3CE3GFPQMJNPAPHSQS3C6DZU",
);

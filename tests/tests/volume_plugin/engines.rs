//! The plug-in as Docker and Podman use it.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Call, Engine, Inside, Plugin, Podman, Version};

use crate::{ask, is_mounted, mounts};

fn done(mut command: Command, words: &[&str]) -> String {
    let output = command.args(words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn refused(mut command: Command, words: &[&str]) -> String {
    let Output { status, stderr, .. } = command.args(words).output().unwrap();
    assert!(!status.success(), "{words:?}");
    String::from_utf8(stderr).unwrap()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The engines that CI tries; `CDGP_ENGINES=all` for every one.
fn versions() -> Vec<Version> {
    let all = std::env::var_os("CDGP_ENGINES").is_some_and(|which| which == "all");
    Version::ALL.into_iter().filter(|version| all || *version != Version::Middle).collect()
}

#[test]
fn docker_uses_it_as_any_driver() {
    for version in versions() {
        let engine = Engine::start(version).unwrap();
        engine.load_image("tiny:1").unwrap();
        let host = engine.docker_host();
        let mut plugin = Plugin::start(&engine, &[]).unwrap();
        let docker = |words: &[&str]| done(engine.docker(), words);
        let module = |arguments: Value| {
            let mut arguments = arguments;
            arguments["docker_host"] = engine.docker_host().into();
            Call::new("volumes", "docker_volume", &arguments).unwrap().diff().run().unwrap()
        };

        // The ordinary way in.
        let wanted = json!({"name": "db", "driver": "cdgp", "driver_options": {"backend": "tmpfs", "size": "8M"}});
        let made = module(wanted.clone());
        assert_eq!((&made["changed"], &made["volume"]["Status"]["backend"]), (&json!(true), &json!("tmpfs")), "{made}");
        assert_eq!(module(wanted)["changed"], false);
        let bad = module(json!({"name": "bad", "driver": "cdgp", "driver_options": {"size": "8M"}}));
        assert!(bad["msg"].as_str().unwrap().contains("back end directory can't limit a volume"), "{bad}");
        let backup =
            json!({"name": "db", "directory": engine.place().join("backups"), "docker_host": engine.docker_host()});
        let backup = Call::new("volumes", "volume_backup", &backup).unwrap().run().unwrap();
        assert!(backup["msg"].as_str().unwrap().contains("mounted only while a container uses it"), "{backup}");
        docker(&["volume", "create", "--driver=cdgp", "files"]);
        assert!(docker(&["volume", "ls"]).contains("cdgp      files"));
        assert_eq!(docker(&["volume", "inspect", "--format={{.Scope}} {{.Driver}}", "files"]), "local cdgp");
        assert!(
            refused(engine.docker(), &["volume", "create", "--driver=cdgp", "--opt=no=1", "x1"])
                .contains("`no` is not known")
        );

        // Two containers, one after the other leaves; a killed plug-in between them is not noticed.
        let path = engine.place().join("volumes/volumes/db/data").display().to_string();
        for name in ["one", "two"] {
            docker(&["run", "-d", "--name", name, "-v", "db:/data", "-v", "files:/files", "tiny:1", "sleep", "1000"]);
        }
        assert!(is_mounted(&engine, &path));
        docker(&["exec", "one", "sh", "-c", "echo hello > /data/file; echo hello > /files/file"]);
        assert_eq!(docker(&["exec", "two", "cat", "/data/file", "/files/file"]), "hello\nhello");
        assert!(refused(engine.docker(), &["volume", "rm", "db"]).contains("volume is in use"));
        plugin.kill().unwrap();
        assert_eq!(docker(&["exec", "two", "cat", "/data/file"]), "hello");
        plugin = Plugin::start(&engine, &[]).unwrap();
        docker(&["rm", "-f", "one"]);
        assert_eq!((mounts(&plugin, "db"), is_mounted(&engine, &path)), (json!(1), true));
        docker(&["restart", "-t", "0", "two"]);
        assert_eq!(docker(&["exec", "two", "cat", "/files/file"]), "hello");
        docker(&["rm", "-f", "two"]);
        assert_eq!((mounts(&plugin, "db"), is_mounted(&engine, &path)), (json!(0), false));

        // An engine that never gave it back: no container has it, so it is free again. One that a container has, stays.
        docker(&["run", "-d", "--name", "three", "-v", "files:/files", "tiny:1", "sleep", "1000"]);
        drop(plugin);
        // Nothing is being started now, so no mount is too young.
        plugin = Plugin::start(&engine, &["--docker-host", &host, "--grace=0"]).unwrap();
        for name in ["db", "files"] {
            ask(&plugin, "Mount", json!({"Name": name, "ID": "of-a-crashed-engine"}));
        }
        plugin.try_call("Plugin.Activate", &Value::Null).unwrap();
        until("the lost mount is found", || mounts(&plugin, "db") == json!(0) && !is_mounted(&engine, &path));
        assert_eq!(mounts(&plugin, "files"), 2);
        docker(&["rm", "-f", "three"]);
        plugin.try_call("Plugin.Activate", &Value::Null).unwrap();
        until("the other lost mount is found", || mounts(&plugin, "files") == json!(0));

        assert_eq!(module(json!({"name": "db", "state": "absent"}))["changed"], true);
        docker(&["volume", "rm", "files"]);
        assert_eq!(ask(&plugin, "List", json!({}))["Volumes"], json!([]));
    }
}

#[test]
fn podman_uses_it_too() {
    let podman = Podman::start().unwrap();
    podman.load_image("tiny:1").unwrap();
    std::fs::create_dir_all(podman.path_inside("/etc/containers")).unwrap();
    let configuration = "[engine.volume_plugins]\ncdgp = \"/run/docker/plugins/cdgp.sock\"\n";
    std::fs::write(podman.path_inside("/etc/containers/containers.conf"), configuration).unwrap();
    let plugin = Plugin::start(&podman, &[]).unwrap();
    let run = |words: &[&str]| done(podman.podman(), words);
    run(&["volume", "create", "--driver=cdgp", "--opt=backend=tmpfs", "scratch"]);
    run(&["volume", "create", "--driver=cdgp", "files"]);
    run(&[
        "run",
        "-d",
        "--network=none",
        "--name=one",
        "-v=scratch:/data",
        "-v=files:/files",
        "tiny:1",
        "sleep",
        "1000",
    ]);
    let path = podman.place().join("volumes/volumes/scratch/data").display().to_string();
    assert_eq!((mounts(&plugin, "scratch"), is_mounted(&podman, &path)), (json!(1), true));
    run(&["exec", "one", "sh", "-c", "echo hello > /files/file"]);
    run(&["rm", "-f", "-t", "0", "one"]);
    assert_eq!((mounts(&plugin, "scratch"), is_mounted(&podman, &path)), (json!(0), false));
    assert_eq!(run(&["run", "--rm", "--network=none", "-v=files:/files", "tiny:1", "cat", "/files/file"]), "hello");
    run(&["volume", "rm", "scratch", "files"]);
    assert_eq!(ask(&plugin, "List", json!({}))["Volumes"], json!([]));
}

/// `volume_snapshot`, of a volume of the engine's own driver and of one of the plug-in.
#[test]
fn snapshots_by_the_module() {
    let engine = Engine::start(Version::Newest).unwrap();
    engine.load_image("tiny:1").unwrap();
    let _plugin = Plugin::start(&engine, &[]).unwrap();
    let snaps = engine.place().join("snaps").display().to_string();
    for (driver, directory) in [("local", json!(snaps)), ("cdgp", Value::Null)] {
        let docker = |words: &[&str]| done(engine.docker(), words);
        docker(&["volume", "create", "--driver", driver, "db"]);
        docker(&["run", "-d", "--name=web", "-v=db:/data", "tiny:1", "sleep", "1000"]);
        docker(&["exec", "web", "sh", "-c", "echo one > /data/file; mkdir /data/dir; chown 7:7 /data/dir"]);
        let call = |arguments: &Value, check: bool| {
            let mut arguments = arguments.clone();
            arguments["docker_host"] = engine.docker_host().into();
            if driver == "local" || arguments.get("directory").is_some() {
                arguments["directory"] = directory.clone();
            }
            let call = Call::new("volumes", "volume_snapshot", &arguments).unwrap().diff();
            if check { call.check().run().unwrap() } else { call.run().unwrap() }
        };
        let take = json!({"name": "db", "snapshot": "before", "method": "copy"});
        let planned = call(&take, true);
        assert_eq!(planned["actions"], json!(["take snapshot before of volume db by copy"]), "{planned}");
        assert_eq!(planned["diff"], json!({"before": {"snapshots": []}, "after": {"snapshots": ["before"]}}));
        let warning = planned["warnings"][0].as_str().unwrap();
        assert!(warning.starts_with("web may write to the volume"), "{planned}");
        assert_eq!(call(&json!({"name": "db", "state": "list"}), false)["snapshots"], json!([]));
        let taken = call(&take, false);
        assert_eq!((&taken["changed"], &taken["snapshot"]["named"]), (&json!(true), &json!(true)), "{taken}");
        assert_eq!(call(&take, false)["changed"], false);
        let path = taken["snapshot"]["path"].as_str().unwrap();
        assert_eq!(std::fs::read_to_string(format!("{path}/data/file")).unwrap(), "one\n");

        docker(&["exec", "web", "sh", "-c", "echo three > /data/file; rmdir /data/dir; echo new > /data/new"]);
        let back = json!({"name": "db", "snapshot": "before", "state": "restored"});
        let used = call(&back, false);
        assert_eq!(used["msg"], "volume db is in use by web: stop them first", "{used}");
        docker(&["stop", "-t0", "web"]);
        let planned = call(&back, true);
        assert_eq!(planned["actions"], json!(["restore volume db from snapshot before"]), "{planned}");
        assert_eq!(planned["diff"]["before"]["differs"], json!(["~ .", "- dir", "~ file", "+ new"]), "{planned}");
        assert_eq!(call(&back, false)["changed"], true);
        assert_eq!(call(&back, false)["changed"], false);
        docker(&["start", "web"]);
        let told = docker(&["exec", "web", "sh", "-c", "cat /data/file; ls /data; stat -c %u /data/dir"]);
        assert_eq!(told, "one\ndir\nfile\n7");
        // Of those without a name of their own, two stay.
        for _ in 0..3 {
            call(&json!({"name": "db", "method": "copy", "retention": {"keep_last": 2}}), false);
        }
        let many = call(&json!({"name": "db", "state": "list"}), false);
        assert_eq!(many["snapshots"].as_array().unwrap().len(), 3, "{many}");
        let forget = json!({"name": "db", "state": "absent", "retention": {"keep_last": 1}});
        assert_eq!(call(&forget, false)["actions"].as_array().unwrap().len(), 1);
        assert_eq!(call(&forget, false)["changed"], false);
        let none = call(&json!({"name": "db", "snapshot": "none", "state": "restored"}), false);
        assert_eq!(none["msg"], "`snapshot`: volume db has no snapshot none", "{none}");

        let list = call(&json!({"state": "list"}), false);
        assert_eq!(list["snapshots"].as_array().unwrap().len(), 2, "{list}");
        assert_eq!(call(&json!({"name": "db", "max_age": "1h"}), false)["changed"], false);
        let gone = json!({"name": "db", "snapshot": "before", "state": "absent"});
        assert_eq!(
            (call(&gone, true)["changed"].clone(), call(&gone, false)["changed"].clone()),
            (json!(true), json!(true))
        );
        assert_eq!(call(&gone, false)["changed"], false);
        docker(&["rm", "-f", "web"]);
        docker(&["volume", "rm", "db"]);
    }
    let mut arguments = json!({"name": "odd", "docker_host": engine.docker_host()});
    let call = |arguments: &Value| Call::new("volumes", "volume_snapshot", arguments).unwrap().run().unwrap();
    assert_eq!(call(&arguments)["msg"], "`volume_name`: there is no volume odd");
    let options = ["volume", "create", "--opt=type=tmpfs", "--opt=device=tmpfs", "odd"];
    done(engine.docker(), &options);
    assert!(call(&arguments)["msg"].as_str().unwrap().contains("is a mount of something else"));
    arguments["docker_host"] = "tcp://127.0.0.1:1".into();
    assert!(call(&arguments)["msg"].as_str().unwrap().contains("on the engine's own host"));
}

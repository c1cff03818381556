//! The plug-in as one that the engine runs itself, and drivers of others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tests::{Call, Engine, Inside, Version};

use crate::sh;

/// What `cargo xtask dist` makes, with the libraries of a binary that is not linked statically.
fn folder(place: &Path) -> PathBuf {
    let (folder, root) = (place.join("managed"), place.join("managed/rootfs"));
    for inner in ["data", "dev", "etc", "proc", "run/docker/plugins", "sys", "tmp"] {
        fs::create_dir_all(root.join(inner)).unwrap();
    }
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../modules/volumes/managed/config.json");
    fs::copy(config, folder.join("config.json")).unwrap();
    let binary = PathBuf::from(tests::tool("volumes", "serve").unwrap().get_program());
    fs::copy(&binary, root.join("volumes")).unwrap();
    let libraries = String::from_utf8(Command::new("ldd").arg(&binary).output().unwrap().stdout).unwrap();
    for library in libraries.split_whitespace().filter(|word| word.starts_with('/')) {
        let target = root.join(library.trim_start_matches('/'));
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(library, target).unwrap();
    }
    folder
}

#[test]
fn the_engine_runs_it_itself() {
    for version in [Version::Oldest, Version::Newest] {
        let engine = Engine::start(version).unwrap();
        engine.load_image("tiny:1").unwrap();
        let folder = folder(engine.place());
        let run = |words: &[&str]| {
            let output = engine.docker().args(words).output().unwrap();
            let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
            (output.status.success(), format!("{stdout}{stderr}").trim().to_owned())
        };
        let docker = |words: &[&str]| {
            let (good, text) = run(words);
            assert!(good, "{words:?}: {text}");
            text
        };
        docker(&["plugin", "create", "cdgp", folder.to_str().unwrap()]);
        docker(&["plugin", "enable", "cdgp"]);
        docker(&["volume", "create", "--driver=cdgp", "files"]);
        docker(&["volume", "create", "--driver=cdgp", "--opt=backend=tmpfs", "--opt=size=1M", "scratch"]);
        docker(&["run", "-d", "--name=one", "-v=files:/files", "-v=scratch:/scratch", "tiny:1", "sleep", "1000"]);
        docker(&["exec", "one", "sh", "-c", "echo hello > /files/file; echo hello > /scratch/file"]);
        let size = docker(&["exec", "one", "sh", "-c", "df -k /scratch | tail -1"]);
        assert!(size.contains("1024"), "{size}");
        let two =
            ["run", "--rm", "-v=files:/files", "-v=scratch:/scratch", "tiny:1", "cat", "/files/file", "/scratch/file"];
        assert_eq!(docker(&two), "hello\nhello");
        let inside = docker(&["volume", "inspect", "--format={{.Mountpoint}} {{.Status.backend}}", "scratch"]);
        assert_eq!(inside, "/data/cdgp/volumes/scratch/data tmpfs");
        let (good, text) = run(&["plugin", "disable", "cdgp"]);
        assert!(!good && text.contains("in use"), "{text}");
        docker(&["rm", "-f", "one"]);
        assert_eq!(docker(&["run", "--rm", "-v=files:/files", "tiny:1", "cat", "/files/file"]), "hello");
        docker(&["volume", "rm", "files", "scratch"]);
        docker(&["plugin", "disable", "cdgp"]);
        docker(&["plugin", "set", "cdgp", "CDGP_BACKEND=tmpfs"]);
        docker(&["plugin", "enable", "cdgp"]);
        docker(&["volume", "create", "--driver=cdgp", "other"]);
        assert_eq!(docker(&["volume", "inspect", "--format={{.Status.backend}}", "other"]), "tmpfs");
        docker(&["volume", "rm", "other"]);
        docker(&["plugin", "rm", "-f", "cdgp"]);
    }
}

/// A stand-in for Portworx' driver: it writes down what it is asked.
const PXD: &str = r#"
import http.server, json, os, socketserver, sys
volumes = {}
class Driver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        call, name = self.path.rsplit(".", 1)[1], asked.get("Name")
        if call == "Create":
            volumes[name] = asked.get("Opts")
            json.dump(volumes, open(sys.argv[2], "w"))
        told = {"Activate": {"Implements": ["VolumeDriver"]}, "Capabilities": {"Capabilities": {"Scope": "global"}},
                "Get": {"Volume": {"Name": name}} if name in volumes else {"Err": "no such volume"},
                "List": {"Volumes": [{"Name": name} for name in volumes]}}.get(call, {"Err": ""})
        if call == "Remove":
            volumes.pop(name, None)
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words): pass
    def address_string(self): return ""
os.makedirs(os.path.dirname(sys.argv[1]), exist_ok=True)
socketserver.UnixStreamServer(sys.argv[1], Driver).serve_forever()
"#;

/// What another driver takes is between it and its user: names and options reach it as they are.
#[test]
fn options_of_other_drivers_pass_through() {
    let engine = Engine::start(Version::Newest).unwrap();
    let (log, script) = (engine.place().join("pxd.json"), engine.place().join("pxd.py"));
    fs::write(&script, PXD).unwrap();
    let mut driver =
        engine.command_inside("python3").arg(&script).arg("/run/docker/plugins/pxd.sock").arg(&log).spawn().unwrap();
    sh(&engine, "for i in $(seq 200); do test -S /run/docker/plugins/pxd.sock && exit; sleep 0.05; done; exit 1");
    let options = json!({"size": 10, "repl": 3, "io_profile": "db_remote", "shared": true, "fs": "ext4"});
    let mut arguments = json!({
        "docker_host": engine.docker_host(), "name": "px:db,size=10", "driver": "pxd", "driver_options": options,
    });
    let module =
        |arguments: &serde_json::Value| Call::new("volumes", "docker_volume", arguments).unwrap().run().unwrap();
    let made = module(&arguments);
    assert_eq!((&made["changed"], &made["volume"]["Scope"]), (&json!(true), &json!("global")), "{made}");
    let asked: serde_json::Value = serde_json::from_slice(&fs::read(&log).unwrap()).unwrap();
    let wanted = json!({"size": "10", "repl": "3", "io_profile": "db_remote", "shared": "true", "fs": "ext4"});
    assert_eq!(asked["px:db,size=10"], wanted);
    assert_eq!(module(&arguments)["changed"], false);
    let snapshot = json!({"docker_host": engine.docker_host(), "name": "px:db,size=10"});
    let refused = Call::new("volumes", "volume_snapshot", &snapshot).unwrap().run().unwrap();
    let why = refused["msg"].as_str().unwrap();
    assert!(why.contains("is of driver pxd") || why.contains("(driver pxd)"), "{refused}");
    arguments["state"] = "absent".into();
    assert_eq!(module(&arguments)["changed"], true);
    driver.kill().unwrap();
    driver.wait().unwrap();
}

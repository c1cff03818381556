//! The plug-in as a service: systemd's socket, metrics, units, a root that several hosts share.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use serde_json::{Value, json};
use tests::{Engine, Host, Inside, Plugin, Version, exchange};

use crate::{ask, create, mount, mounts, remove, sh, tool, unmount};

/// What systemd does: the socket as file 3, and a socket to be told at.
const AS_SYSTEMD: &str = r#"
import os, socket, sys
place = sys.argv[1]
told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
told.bind(place + "/notify")
plugin = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
plugin.bind(place + "/plugin.sock")
plugin.listen()
child = os.fork()
if child == 0:
    os.dup2(plugin.fileno(), 3)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", NOTIFY_SOCKET=place + "/notify")
    os.execv(sys.argv[2], sys.argv[2:])
print(told.recv(100).decode().strip(), flush=True)
client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
client.connect(place + "/plugin.sock")
client.sendall(b"POST /Plugin.Activate HTTP/1.1\r\nHost:\r\nContent-Length: 0\r\n\r\n")
print(client.recv(1000).decode().splitlines()[-1], flush=True)
os.kill(child, 15)
os.waitpid(child, 0)
"#;

#[test]
fn with_the_socket_of_systemd() {
    let host = Host::start().unwrap();
    let (place, binary) = (host.place(), tests::tool("volumes", "serve").unwrap());
    let mut command = host.command_inside("python3");
    command.args(["-c", AS_SYSTEMD]).arg(place).arg(binary.get_program());
    let output = command.args(["serve", "-Hnone", "--root"]).arg(place.join("volumes")).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "READY=1\n{\"Implements\":[\"VolumeDriver\"]}\n", "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!host.path_inside("/run/docker/plugins/cdgp.sock").exists());
}

#[test]
fn socket_and_metrics() {
    let host = Host::start().unwrap();
    let plugin = Plugin::start(&host, &["--metrics=127.0.0.1:9487", "--group=55"]).unwrap();
    let facts = sh(&host, "stat -c '%a %u %g' /run/docker/plugins/cdgp.sock");
    assert_eq!(facts, "660 0 55\n");
    let (good, text) = tool(&host, &["serve", "--root", &format!("{}/other", host.place().display())]);
    assert!(!good && text.contains("another process serves there already"), "{text}");
    create(&plugin, "scratch", json!({"backend": "tmpfs"}));
    create(&plugin, "scratch", json!({"backend": "nothing"}));
    mount(&plugin, "scratch", "aa");
    let page = host
        .command_inside("python3")
        .args([
            "-c",
            "import urllib.request as u; \
        print(u.urlopen('http://127.0.0.1:9487/metrics').read().decode())",
        ])
        .output()
        .unwrap();
    let page = String::from_utf8(page.stdout).unwrap();
    for line in [
        "cdgp_volume_plugin_calls_total{call=\"Create\",result=\"ok\"} 1",
        "cdgp_volume_plugin_calls_total{call=\"Create\",result=\"error\"} 1",
        "cdgp_volume_plugin_call_seconds_count{call=\"Mount\"} 1",
        "cdgp_volumes{backend=\"tmpfs\"} 1",
        "cdgp_volume_mounts{backend=\"tmpfs\"} 1",
    ] {
        assert!(page.lines().any(|there| there == line), "{line}: {page}");
    }
    assert!(TcpStream::connect("127.0.0.1:9487").is_err());
    drop(plugin);
    let plugin = Plugin::start(&host, &["--metrics=unix:/run/metrics.sock"]).unwrap();
    assert_eq!(sh(&host, "stat -c %a /run/metrics.sock /run/docker/plugins/cdgp.sock"), "600\n600\n");
    let mut stream = UnixStream::connect(host.path_inside("/run/metrics.sock")).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    assert!(page.contains("cdgp_volume_mounts{backend=\"tmpfs\"} 1"), "{page}");
    assert_eq!((unmount(&plugin, "scratch", "aa"), remove(&plugin, "scratch")), (String::new(), String::new()));
    let (good, text) = tool(&host, &["serve", "--socket=/run/x.sock", "--metrics=0.0.0.0:9487"]);
    assert!(!good && text.contains("is not the host's own"), "{text}");
}

/// Two nodes with one root: each knows what the other makes, and keeps its hands off what the other uses.
#[test]
fn a_root_that_nodes_share() {
    let host = Host::start().unwrap();
    let start = |node: &str| {
        let words = ["--scope=global", &format!("--node={node}"), &format!("--socket=/run/{node}.sock")];
        Plugin::start(&host, &words.map(|word| &*word.to_owned().leak())).unwrap()
    };
    let (one, two) = (start("one"), start("two"));
    assert_eq!(ask(&one, "Capabilities", json!({}))["Capabilities"]["Scope"], "global");
    assert_eq!(create(&one, "db", json!({"owner": "7"})), "");
    assert_eq!(create(&two, "db", json!({"owner": "7"})), "");
    assert_eq!(ask(&two, "List", json!({}))["Volumes"][0]["Name"], "db");
    mount(&one, "db", "aa");
    assert_eq!((mounts(&one, "db"), mounts(&two, "db")), (json!(1), json!(0)));
    assert_eq!(remove(&two, "db"), "volume db is in use on one");
    let root = host.place().join("volumes").display().to_string();
    let (good, text) = tool(&host, &["snapshot", "take", "db", "first", "--root", &root]);
    assert!(good, "{text}");
    let (good, text) = tool(&host, &["snapshot", "restore", "db", "first", "--root", &root]);
    assert!(!good && text.contains("it is mounted on one"), "{text}");
    // That host never comes back.
    one.kill().unwrap();
    let (good, text) = tool(&host, &["fsck", "--forget-host=one", "--root", &root]);
    assert!(good && text == "one had 1 volumes mounted\n", "{text}");
    assert_eq!(remove(&two, "db"), "");
    assert_eq!(create(&two, "db", Value::Null), "");
    let one = start("one");
    assert_eq!(mounts(&one, "db"), 0);
}

#[test]
fn units_and_what_is_left_behind() {
    let host = Host::start().unwrap();
    let place = host.place().display().to_string();
    let (units, binary) = (format!("{place}/units"), format!("{place}/bin/volumes"));
    let install =
        ["units", "--install", &units, "--binary", &binary, "--group", "docker", "--metrics", "127.0.0.1:9487"];
    let (good, text) = tool(&host, &install);
    assert!(good && text.lines().count() == 4, "{text}");
    assert_eq!(tool(&host, &install), (true, String::new()));
    assert_eq!(std::fs::metadata(&binary).unwrap().permissions().mode() & 0o7777, 0o755);
    assert!(host.command_inside(&binary).args(["status", "--help"]).output().unwrap().status.success());
    let service = std::fs::read_to_string(format!("{units}/cdgp-volumes.service")).unwrap();
    assert!(
        service.contains(&format!(
            "ExecStart={binary} serve --root /var/lib/cdgp.docker/volumes --metrics 127.0.0.1:9487\n"
        ))
    );
    let socket = std::fs::read_to_string(format!("{units}/cdgp-volumes.socket")).unwrap();
    assert!(socket.contains("SocketMode=0660\nSocketGroup=docker\n"), "{socket}");
    let (good, text) = tool(&host, &["units", "--group", "a\nExecStart=/bin/sh"]);
    assert!(!good && text.contains("can't stand in a unit"), "{text}");

    // What killed processes leave is found, told, cleared.
    let root = format!("{place}/volumes");
    drop(Plugin::start(&host, &[]).unwrap());
    sh(
        &host,
        &format!(
            "cd {root}; mkdir -p volumes/.new-db.1.0/data volumes/.gone-db.1.0 volumes/odd/data snapshots/db/.new-one.1.0 \
         snapshots/db/broken; echo '{{' > volumes/odd/volume.json"
        ),
    );
    let (good, text) = tool(&host, &["fsck", "--root", &root]);
    assert!(!good && text.matches("--repair mends it").count() == 3 && text.contains("5 things are wrong"), "{text}");
    let (good, text) = tool(&host, &["fsck", "--repair", "--root", &root]);
    assert!(!good && text.contains("volume odd: reading ") && text.contains("2 things are wrong"), "{text}");
    sh(&host, &format!("cd {root}; rm -r volumes/odd snapshots/db/broken"));
    assert_eq!(tool(&host, &["fsck", "--root", &root]), (true, "nothing is wrong\n".to_owned()));
    let (good, text) = tool(&host, &["status", "--root", "/nowhere"]);
    assert!(!good && text.contains("looking for volumes in /nowhere"), "{text}");
    // A start of the plug-in clears up too.
    sh(&host, &format!("mkdir -p {root}/volumes/.gone-db.1.0/data/a/b"));
    let _plugin = Plugin::start(&host, &[]).unwrap();
    sh(
        &host,
        &format!("for i in $(seq 200); do test -e {root}/volumes/.gone-db.1.0 || exit 0; sleep 0.05; done; exit 1"),
    );
}

/// A swarm sends a task with a volume of the plug-in to a node whose engine has been told of it.
#[test]
fn primed_for_a_swarm() {
    let engine = Engine::start(Version::Newest).unwrap();
    let plugin = Plugin::start(&engine, &[]).unwrap();
    let plugins = || {
        let info = engine.docker().args(["info", "--format={{json .Plugins.Volume}}"]).output().unwrap();
        String::from_utf8(info.stdout).unwrap()
    };
    assert!(!plugins().contains("cdgp"), "{}", plugins());
    let primed = tests::tool("volumes", "prime").unwrap().env("DOCKER_HOST", engine.docker_host()).output().unwrap();
    assert!(primed.status.success(), "{primed:?}");
    assert!(plugins().contains("cdgp"), "{}", plugins());
    let mut stream = UnixStream::connect(plugin.socket()).unwrap();
    assert_eq!(exchange(&mut stream, "VolumeDriver.List", "{}").unwrap().0, 200);
    let away = tests::tool("volumes", "prime")
        .unwrap()
        .args(["--timeout", "0"])
        .env("DOCKER_HOST", "unix:///nowhere.sock")
        .output()
        .unwrap();
    assert!(!away.status.success());
}

//! A Docker host with neighbours: a client outside, and a peer, each in a network of its own; real connections between
//! them.
//!
//! The host is 203.0.113.1 and 2001:db8:1::1 to the client, 198.51.100.1 and 2001:db8:2::1 to the peer, who end in 2.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::engine::{Engine, Version};
use crate::inside::Inside;
use crate::{Failure, debian, namespace};

/// Which iptables the host and its Docker use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// iptables-nft.
    Nft,
    /// iptables-legacy.
    Legacy,
}

/// A host, a client and a peer. All of it ends when this is dropped.
#[derive(Debug)]
pub struct Site {
    engine: Engine,
    /// Programs that the machine may lack, each a script that finds its libraries.
    tools: PathBuf,
}

/// One connection to try.
#[derive(Debug, Clone)]
pub struct Probe {
    /// What it is, for messages.
    pub name: String,
    /// `client`, `peer`, or a container's name.
    pub from: String,
    /// `tcp` or `udp`.
    pub protocol: &'static str,
    /// The address.
    pub to: String,
    /// The port.
    pub port: u16,
    /// Whether it must be answered.
    pub open: bool,
}

const PREPARE: &str = r#"
for family in ip ip6; do for part in "" -save -restore; do
  ln -sf "/usr/sbin/${family}tables-KIND$part" "/etc/alternatives/${family}tables$part"
done; done
n=0
for name in client peer; do
  n=$((n + 1)); net=203.0.113; [ $n = 1 ] || net=198.51.100
  ip netns add $name
  ip link add eth$n type veth peer name eth0 netns $name
  ip addr add $net.1/24 dev eth$n; ip -6 addr add 2001:db8:$n::1/64 dev eth$n nodad; ip link set eth$n up
  ip -n $name addr add $net.2/24 dev eth0; ip -n $name -6 addr add 2001:db8:$n::2/64 dev eth0 nodad
  ip -n $name link set lo up; ip -n $name link set eth0 up
  ip -n $name route add default via $net.1; ip -n $name -6 route add default via 2001:db8:$n::1
done
"#;

/// Serves ports of TCP and UDP, in both families; what is sent comes back.
const SERVE: &str = r#"
import selectors, socket, sys
s = selectors.DefaultSelector()
for word in sys.argv[1:]:
    kind, port = word.split("/")
    k = socket.socket(socket.AF_INET6, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    k.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    k.bind(("::", int(port)))
    if kind == "tcp": k.listen(64)
    s.register(k, selectors.EVENT_READ, kind)
sys.stdout.write("ready"); sys.stdout.flush()
while True:
    for key, _ in s.select():
        try:
            if key.data == "tcp":
                with key.fileobj.accept()[0] as c: c.settimeout(1); c.sendall(b"hello"); c.recv(100)
            else:
                d, a = key.fileobj.recvfrom(100); key.fileobj.sendto(d, a)
        except OSError: pass
"#;

/// Tries connections, all at once, and prints for each whether it was answered. What must be open gets ten seconds, what
/// must be closed one.
const TRY: &str = r#"
import json, socket, sys, threading, time
probes = json.load(sys.stdin)
def answered(p, wait):
    kind = socket.SOCK_STREAM if p["protocol"] == "tcp" else socket.SOCK_DGRAM
    family = socket.AF_INET6 if ":" in p["to"] else socket.AF_INET
    try:
        with socket.socket(family, kind) as s:
            s.settimeout(wait); s.connect((p["to"], p["port"])); s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return bool(s.recv(10))
    except OSError:
        return False
def run(i, p):
    if not p["open"]:
        said[i] = answered(p, 1); return
    end = time.monotonic() + 10
    while not said[i] and time.monotonic() < end:
        said[i] = answered(p, 2)
        if not said[i]: time.sleep(0.1)
said = [False] * len(probes)
threads = [threading.Thread(target=run, args=(i, p)) for i, p in enumerate(probes)]
[t.start() for t in threads]; [t.join() for t in threads]
print(json.dumps(said))
"#;

impl Site {
    /// Starts the host with an engine, and its neighbours.
    ///
    /// # Errors
    /// Those of [`Engine::start`], or a package is not to be had.
    pub fn start(version: Version, filter: Filter) -> Result<Site, Failure> {
        let kind = match filter {
            Filter::Nft => "nft",
            Filter::Legacy => "legacy",
        };
        let engine = Engine::start_on_host(version, &PREPARE.replace("KIND", kind))?;
        let site = Site { tools: tools(&engine)?, engine };
        site.engine.load_image("web:1")?;
        Ok(site)
    }

    /// The host's engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// A command on the host, with the tools in its `PATH`.
    pub fn host(&self, program: &str) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = self.engine.command_inside("env");
        command.arg(format!("PATH={}:/usr/sbin:/sbin:{path}", self.tools.display())).arg(program);
        command
    }

    /// Runs a script of sh on the host; what it prints.
    ///
    /// # Errors
    /// It fails: what it said.
    pub fn run(&self, script: &str) -> Result<String, Failure> {
        let done = self.host("sh").args(["-ec", script]).output();
        let done = done.map_err(|error| Failure::new(script, error))?;
        if !done.status.success() {
            return Err(Failure::new(script, String::from_utf8_lossy(&done.stderr)));
        }
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }

    /// Serves ports (`tcp/22`) at `place`: `host`, `client` or `peer`.
    ///
    /// # Errors
    /// They can't be served.
    pub fn serve(&self, place: &str, ports: &[&str]) -> Result<(), Failure> {
        let doing = format!("serving {} at {place}", ports.join(", "));
        let mut command = if place == "host" { self.host("setsid") } else { self.neighbour(place, "setsid") };
        let mut child = command
            .args(["python3", "-c", SERVE])
            .args(ports)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(
                std::fs::File::create(self.engine.place().join(format!("serve-{place}.log")))
                    .map_err(|error| Failure::new(&doing, error))?,
            )
            .spawn()
            .map_err(|error| Failure::new(&doing, error))?;
        let mut ready = [0; 5];
        let read = child.stdout.take().map(|mut said| std::io::Read::read_exact(&mut said, &mut ready));
        // It ends with the namespaces.
        if read.is_some_and(|read| read.is_ok()) { Ok(()) } else { Err(Failure::new(&doing, "it ended")) }
    }

    fn neighbour(&self, name: &str, program: &str) -> Command {
        let mut command = self.host("ip");
        command.args(["netns", "exec", name, program]);
        command
    }

    /// Tries connections, and tells which came out otherwise than they must.
    ///
    /// # Errors
    /// They could not be tried.
    pub fn wrong(&self, probes: &[Probe]) -> Result<Vec<String>, Failure> {
        let mut places: Vec<&str> = probes.iter().map(|probe| probe.from.as_str()).collect();
        places.sort_unstable();
        places.dedup();
        let mut running = Vec::new();
        for place in places {
            let doing = format!("trying connections from {place}");
            let failed = |why: &dyn std::fmt::Display| Failure::new(&doing, why);
            let here: Vec<&Probe> = probes.iter().filter(|probe| probe.from == place).collect();
            let mut command = match place {
                "client" | "peer" => self.neighbour(place, "python3"),
                container => {
                    let pid = self.docker(&["inspect", "--format", "{{.State.Pid}}", container])?;
                    let mut command = self.host("nsenter");
                    command.args(["--net", "--target", &pid, "python3"]);
                    command
                }
            };
            let mut child = command
                .args(["-c", TRY])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .map_err(|error| failed(&error))?;
            let asked: Vec<Value> = here
                .iter()
                .map(
                    |probe| json!({"protocol": probe.protocol, "to": probe.to, "port": probe.port, "open": probe.open}),
                )
                .collect();
            if let Some(mut input) = child.stdin.take() {
                input.write_all(json!(asked).to_string().as_bytes()).map_err(|error| failed(&error))?;
            }
            running.push((doing, here, child));
        }
        let mut wrong = Vec::new();
        for (doing, here, child) in running {
            let done = child.wait_with_output().map_err(|error| Failure::new(&doing, error))?;
            let said: Vec<bool> = serde_json::from_slice(&done.stdout).map_err(|error| Failure::new(&doing, error))?;
            for (probe, said) in here.iter().zip(said).filter(|(probe, said)| probe.open != *said) {
                let (is, must) = if said { ("open", "closed") } else { ("closed", "open") };
                let Probe { name, from, protocol, to, port, .. } = probe;
                wrong.push(format!("{name}: from {from} to {to} {protocol}/{port} is {is}, must be {must}"));
            }
        }
        Ok(wrong)
    }

    /// Runs the host's docker client; what it prints.
    ///
    /// # Errors
    /// It fails: what it said.
    pub fn docker(&self, words: &[&str]) -> Result<String, Failure> {
        let done = self.engine.docker().args(words).output().map_err(|error| Failure::new("docker", error))?;
        if !done.status.success() {
            return Err(Failure::new(&format!("docker {}", words.join(" ")), String::from_utf8_lossy(&done.stderr)));
        }
        Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
    }

    /// Ends dockerd; it stays down until [`Site::start_docker`].
    ///
    /// # Errors
    /// It does not end.
    pub fn stop_docker(&self) -> Result<(), Failure> {
        self.run("touch /run/down; pid=$(cat /run/docker.pid); kill $pid; while kill -0 $pid 2>/dev/null; do sleep 0.05; done")
            .map(drop)
    }

    /// Starts dockerd again, and waits until it answers.
    ///
    /// # Errors
    /// It does not answer.
    pub fn start_docker(&self) -> Result<(), Failure> {
        self.run("rm -f /run/down")?;
        let start = Instant::now();
        while !namespace::answers(&self.engine.socket()) {
            if start.elapsed() > Duration::from_secs(60) {
                return Err(Failure::new("starting dockerd again", "it does not answer"));
            }
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

/// `nft` and `ipset`: those of the machine, or unpacked ones.
fn tools(engine: &Engine) -> Result<PathBuf, Failure> {
    let failed = |error: std::io::Error| Failure::new("making the host's tools", error);
    let folder = engine.place().join("tools");
    std::fs::create_dir_all(&folder).map_err(failed)?;
    for (package, program, libraries) in [
        ("nftables", "nft", &["libnftables1", "libjansson4", "libedit2", "libgmp10", "libbsd0", "libmd0"][..]),
        ("ipset", "ipset", &["libipset13", "libmnl0"][..]),
    ] {
        let path = debian::program(package, &format!("usr/sbin/{program}"))?;
        let mut folders = Vec::new();
        if !path.starts_with("/usr/sbin") {
            for library in libraries {
                // Any path in it, to have it unpacked; the folder above is what is looked for.
                let doc = debian::unpacked(library, &format!("usr/share/doc/{library}"))?;
                let root = doc.ancestors().nth(4).map(PathBuf::from).unwrap_or_default();
                for lib in ["usr/lib", "lib"] {
                    folders.push(
                        root.join(lib).join(format!("{}-linux-gnu", std::env::consts::ARCH)).display().to_string(),
                    );
                }
            }
        }
        let script = format!("#!/bin/sh\nLD_LIBRARY_PATH={} exec {} \"$@\"\n", folders.join(":"), path.display());
        let file = folder.join(program);
        std::fs::write(&file, script).map_err(failed)?;
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).map_err(failed)?;
    }
    Ok(folder)
}

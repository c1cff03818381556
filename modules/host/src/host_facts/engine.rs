//! Docker's engine: whether it is there, and what it tells of itself.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::root::Root;
use crate::command;

/// An engine that hangs is as good as none.
const PATIENCE: Duration = Duration::from_secs(5);

/// The facts of the engine.
pub async fn facts(root: &Root) -> Value {
    let program = ["/usr/bin/dockerd", "/usr/sbin/dockerd", "/usr/local/bin/dockerd", "/opt/bin/dockerd"];
    let path = program.iter().find(|path| root.has(path)).map(|path| (*path).to_owned());
    if !root.is_host() {
        return json!({ "installed": path.is_some(), "path": path });
    }
    let path = path.or_else(|| command::find("dockerd").map(|path| path.to_string_lossy().into_owned()));
    let socket = root.path("/var/run/docker.sock");
    let socket = socket.to_string_lossy();
    let (info, version) = (socket_answer(&socket, "/info").await, socket_answer(&socket, "/version").await);
    let version_of_file = match &path {
        Some(path) => version_of(path).await,
        None => None,
    };
    let (info, version) = (info.unwrap_or_default(), version.unwrap_or_default());
    json!({
        "installed": path.is_some(),
        "path": path,
        "version": version_of_file,
        "running": version["Version"].is_string(),
        "running_version": version["Version"],
        "api_version": version["ApiVersion"],
        "storage_driver": info["Driver"],
        "cgroup_driver": info["CgroupDriver"],
        "live_restore": info["LiveRestoreEnabled"],
        "swarm": info["Swarm"]["LocalNodeState"],
        "firewall_backend": info["FirewallBackend"]["Driver"],
        "containers_running": info["ContainersRunning"],
        "data_root": info["DockerRootDir"],
    })
}

/// The version that a `dockerd` names: `Docker version 28.5.2, build …`.
pub async fn version_of(dockerd: &str) -> Option<String> {
    let done = command::run_within(PATIENCE, dockerd, &["--version"]).await.ok()?;
    let version = done.stdout.split_once("version ")?.1.split([',', ' ', '\n']).next()?;
    Some(version.split('+').next().unwrap_or(version).to_owned()).filter(|version| !version.is_empty())
}

/// What the engine at a socket answers to a GET, as JSON; `None` when it does not. A request of one line needs no HTTP
/// library, of which the crate `docker` would bring 1.4 MB.
pub async fn socket_answer(socket: &str, path: &str) -> Option<Value> {
    let ask = async {
        let mut stream = UnixStream::connect(socket).await.ok()?;
        // The older version has no chunks: what comes until the end is the answer.
        stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n").as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.ok()?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let ok = head.split_whitespace().nth(1) == Some("200");
        ok.then(|| serde_json::from_str(body).unwrap_or_else(|_| Value::from(body)))
    };
    timeout(PATIENCE, ask).await.ok()?
}

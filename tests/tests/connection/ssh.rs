//! `ssh://`: the system's ssh client, a real sshd, and the engine behind it.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use docker::{Engine, Error};
use tests::Version;

use crate::{failure, run, to, write_and_read};

/// The test's second half: a process of its own, whose PATH leads to an `ssh` with the test's configuration, because
/// ssh takes its configuration from the password file's home, not from `$HOME`.
const PORT: &str = "CDGP_TEST_SSH_PORT";

#[test]
fn an_engine_is_reached_through_ssh() {
    if let Ok(port) = std::env::var(PORT) {
        return through_ssh(&port);
    }
    let private = tests::Engine::start(Version::Newest).unwrap();
    let sshd = Sshd::start(private.socket().parent().unwrap(), &private);
    let path = format!("{}:{}", sshd.folder.join("bin").display(), std::env::var("PATH").unwrap());
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ssh::an_engine_is_reached_through_ssh", "--nocapture"])
        .env("PATH", path)
        .env(PORT, sshd.port.to_string())
        .env("CDGP_TEST_SOCKET", private.socket())
        .status()
        .unwrap();
    assert!(status.success(), "{}", fs::read_to_string(sshd.folder.join("log")).unwrap());
}

fn through_ssh(port: &str) {
    let socket = std::env::var("CDGP_TEST_SOCKET").unwrap();
    for docker_host in [format!("ssh://root@127.0.0.1:{port}"), format!("ssh://box{socket}")] {
        run(async {
            let engine = Engine::connect(&to(&docker_host)).await.unwrap();
            assert_eq!(engine.api_version().to_string(), Version::Newest.api());
            write_and_read(&engine).await.unwrap();
            assert_eq!(sessions(), 1, "one ssh session serves all requests");
        });
        // With the connection goes its ssh client.
        let deadline = Instant::now() + Duration::from_secs(5);
        while sessions() > 0 && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(sessions(), 0);
    }
    for (docker_host, expected) in [
        ("ssh://root@127.0.0.1:1".to_owned(), "Connection refused"),
        ("ssh://stranger".to_owned(), "Permission denied"),
        ("ssh://unknown-key".to_owned(), "Host key verification failed"),
        ("ssh://box/nowhere/docker.sock".to_owned(), "/nowhere/docker.sock"),
        ("ssh://no-such-host.invalid".to_owned(), "no-such-host.invalid"),
    ] {
        let error = failure(&to(&docker_host));
        assert!(matches!(error, Error::Ssh { .. }), "{docker_host}: {error:?}");
        assert!(error.to_string().contains(expected) && error.to_string().contains("docker version"), "{error}");
    }
}

/// How many ssh clients this process has.
fn sessions() -> usize {
    let id = std::process::id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    let threads = fs::read_dir(format!("/proc/{id}/task")).unwrap().map_while(Result::ok);
    let all: Vec<String> = threads
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .chain([children])
        .flat_map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    all.into_iter().collect::<std::collections::BTreeSet<_>>().len()
}

/// A real sshd on a port of the loopback interface, with keys and configuration of its own.
struct Sshd {
    server: Child,
    folder: PathBuf,
    port: u16,
}

impl Sshd {
    fn start(place: &Path, private: &tests::Engine) -> Sshd {
        let folder = place.join("ssh");
        let bin = folder.join("bin");
        fs::create_dir_all(&bin).unwrap();
        for key in ["host", "user", "stranger"] {
            let keygen = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(folder.join(key))
                .status()
                .unwrap();
            assert!(keygen.success());
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = folder.display();
        let docker = private.docker().get_program().to_owned();
        let programs = Path::new(&docker).parent().unwrap().display().to_string();
        fs::write(
            folder.join("sshd_config"),
            format!(
                "ListenAddress 127.0.0.1:{port}\nHostKey {at}/host\nAuthorizedKeysFile {at}/user.pub\nStrictModes no\n\
                 PidFile none\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n\
                 SetEnv PATH={programs}:/usr/bin:/bin DOCKER_HOST={}\n",
                private.docker_host()
            ),
        )
        .unwrap();
        let host_key = fs::read_to_string(folder.join("host.pub")).unwrap();
        fs::write(folder.join("known_hosts"), format!("[127.0.0.1]:{port} {host_key}")).unwrap();
        fs::write(folder.join("no_hosts"), "").unwrap();
        let alias =
            |name: &str, more: &str| format!("Host {name}\n HostName 127.0.0.1\n Port {port}\n User root\n {more}\n");
        fs::write(
            folder.join("config"),
            [
                alias("box", ""),
                alias("stranger", &format!("IdentityFile {at}/stranger\n IdentitiesOnly yes")),
                alias("unknown-key", &format!("UserKnownHostsFile {at}/no_hosts")),
                format!("Host * !stranger\n IdentityFile {at}/user\n IdentitiesOnly yes\n"),
                format!("Host *\n UserKnownHostsFile {at}/known_hosts\n GlobalKnownHostsFile /dev/null\n StrictHostKeyChecking yes\n"),
            ]
            .concat(),
        )
        .unwrap();
        let wrapper = bin.join("ssh");
        fs::write(&wrapper, format!("#!/bin/sh\nexec /usr/bin/ssh -F {at}/config \"$@\"\n")).unwrap();
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
        // sshd is that of the native tests' target, so that none need be installed, which would start it and keep it: in
        // a mount namespace its programs and users stand in for the machine's. It wants a folder in /run, too.
        let target = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("native/make-target")).output().unwrap();
        assert!(target.status.success(), "{}", String::from_utf8_lossy(&target.stderr));
        let target = String::from_utf8(target.stdout).unwrap();
        let target = format!("{}/debian", target.trim());
        let script = format!(
            "mount --bind {target}/etc/passwd /etc/passwd && mount --bind {target}/etc/group /etc/group \
             && mount -t tmpfs tmpfs /run && mkdir -p /run/sshd && mount --bind {target}/usr /usr \
             && exec /usr/sbin/sshd -D -f {at}/sshd_config -E {at}/log"
        );
        let server =
            Command::new("unshare").args(["--mount", "bash", "-c", &script]).stdin(Stdio::null()).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = || fs::read_to_string(folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "sshd does not listen: {}", log());
            thread::sleep(Duration::from_millis(20));
        }
        Sshd { server, folder, port }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

//! What a user reads when the engine can't be reached, on real sockets.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use docker::bollard::query_parameters::{StartContainerOptions, StopContainerOptions};
use docker::{Connection, Engine, Error};
use rustix::process::{Gid, Uid};
use tests::Version;

use crate::{failure, run, to};

/// A folder for sockets. Removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("cdgp-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn host(&self, socket: &str) -> String {
        format!("unix://{}", self.0.join(socket).display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Something at `listener` that answers every request with `answer`, byte for byte.
fn answering(listener: UnixListener, answer: &'static str) {
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
}

#[test]
fn a_socket_that_is_missing_or_dead_is_named() {
    let folder = Folder::new("dead");
    let error = failure(&to(&folder.host("none.sock")));
    assert!(matches!(&error, Error::NoSocket { path } if path.ends_with("none.sock")), "{error:?}");
    assert!(error.to_string().contains("start Docker") && error.to_string().contains("`docker_host`"), "{error}");

    drop(UnixListener::bind(folder.0.join("dead.sock")).unwrap());
    let error = failure(&to(&folder.host("dead.sock")));
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    assert!(error.to_string().contains("dead.sock refused the connection"), "{error}");

    let error = failure(&to("tcp://127.0.0.1:1"));
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    let error = failure(&to("tcp://no-such-host.invalid"));
    assert!(matches!(error, Error::UnknownHost { .. }), "{error:?}");
    let error = failure(&to("nonsense://x"));
    assert!(matches!(error, Error::BadHost { .. }), "{error:?}");
}

#[test]
fn a_user_without_permission_learns_of_the_group() {
    let private = tests::Engine::start(Version::Oldest).unwrap();
    let connection = to(&private.docker_host());
    let error = thread::spawn(move || {
        // This thread alone becomes nobody, of no group: the socket is root's where there is no group docker.
        let (nobody, nogroup) = (Uid::from_raw(65534), Gid::from_raw(65534));
        rustix::thread::set_thread_groups(&[]).unwrap();
        rustix::thread::set_thread_res_gid(nogroup, nogroup, nogroup).unwrap();
        rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
        failure(&connection)
    })
    .join()
    .unwrap();
    assert!(matches!(error, Error::PermissionDenied { .. }), "{error:?}");
    assert!(error.to_string().contains("group") && error.to_string().contains("`become`"), "{error}");
}

#[test]
fn an_engine_that_does_not_answer_is_given_up_in_time() {
    let folder = Folder::new("silent");
    let listener = UnixListener::bind(folder.0.join("silent.sock")).unwrap();
    let silent = Connection { timeout: 1, ..to(&folder.host("silent.sock")) };
    let started = Instant::now();
    let error = failure(&silent);
    assert!(matches!(error, Error::Timeout { seconds: 1, .. }), "{error:?}");
    assert!(error.to_string().contains("still starting") && error.to_string().contains("`timeout`"), "{error}");
    assert!((1..5).contains(&started.elapsed().as_secs()));
    drop(listener);

    // A host that takes no connection and refuses none, as behind a firewall: in the namespace of an engine.
    let private = tests::Engine::start(Version::Newest).unwrap();
    let rule = ["-A", "INPUT", "-p", "tcp", "--dport", "2375", "-j", "DROP"];
    assert!(private.exec_in_namespace("iptables").args(rule).status().unwrap().success());
    let error = private.inside(|| failure(&Connection { timeout: 1, ..to("tcp://127.0.0.1:2375") })).unwrap();
    assert!(matches!(error, Error::ConnectTimeout { seconds: 1, .. }), "{error:?}");
    let error = private.inside(|| failure(&to("tcp://203.0.113.1:2375"))).unwrap();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
}

/// The time limit is for the start of an answer; the patient client has none.
#[test]
fn a_long_wait_can_opt_out_of_the_timeout() {
    let private = tests::Engine::start(Version::Oldest).unwrap();
    private.load_image("tiny:1").unwrap();
    let run_args = ["run", "-d", "--name", "stubborn", "tiny:1", "sh", "-c", "trap '' TERM; while :; do sleep 1; done"];
    assert!(private.docker().args(run_args).output().unwrap().status.success());
    run(async {
        let engine = Engine::connect(&Connection { timeout: 1, ..to(&private.docker_host()) }).await.unwrap();
        let options = || Some(StopContainerOptions { t: Some(3), ..Default::default() });
        let error = engine.write(|client| client.stop_container("stubborn", options())).await.unwrap_err();
        assert!(
            matches!(&error, Error::Timeout { request, .. } if request.starts_with("POST /containers/stubborn/stop")),
            "{error:?}"
        );
        tokio::time::sleep(Duration::from_secs(3)).await;
        engine.write(|client| client.start_container("stubborn", None::<StartContainerOptions>)).await.unwrap();
        engine.write_patiently(|client| client.stop_container("stubborn", options())).await.unwrap();
    });
}

#[test]
fn what_answers_but_is_no_usable_engine_is_told_apart() {
    let folder = Folder::new("answers");
    for (name, answer, expected) in [
        (
            "old",
            "HTTP/1.1 200 OK\r\nApi-Version: 1.39\r\nContent-Length: 2\r\n\r\nOK",
            "speaks API 1.39, the oldest supported is 1.40",
        ),
        ("busy", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 8\r\n\r\nstarting", "not ready yet (starting)"),
        ("web", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "this is not an engine; check `docker_host`"),
        ("hangup", "", "the connection to unix://"),
        ("noise", "\x15\x03\x01\x00\x02\x02", "does not speak HTTP"),
        ("error", "HTTP/1.1 500 X\r\nContent-Length: 17\r\n\r\n{\"message\":\"why\"}", "the engine answered 500: why"),
    ] {
        answering(UnixListener::bind(folder.0.join(name)).unwrap(), answer);
        let error = failure(&Connection { timeout: 2, ..to(&folder.host(name)) }).to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
    let newer = "HTTP/1.1 200 OK\r\nApi-Version: 1.99\r\nContent-Length: 2\r\n\r\nOK";
    answering(UnixListener::bind(folder.0.join("newer")).unwrap(), newer);
    let engine = run(Engine::connect(&to(&folder.host("newer")))).unwrap();
    assert_eq!(engine.api_version(), docker::ApiVersion::NEWEST);
    assert!(engine.warnings()[0].contains("API 1.99"), "{:?}", engine.warnings());
}

/// A port that another program has: what it sends first is not HTTP.
#[test]
fn another_protocol_on_the_port_is_no_puzzle() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
            let _ = stream.read(&mut [0; 1024]);
        }
    });
    // Which comes first, its word or our request, is chance.
    for _ in 0..50 {
        let plain = failure(&to(&format!("tcp://127.0.0.1:{port}"))).to_string();
        assert!(plain.contains("does not speak HTTP"), "{plain}");
    }
    let tls = failure(&Connection { tls: true, ..to(&format!("tcp://127.0.0.1:{port}")) });
    assert!(matches!(tls, Error::TlsNotSpoken { .. }), "{tls:?}");
}

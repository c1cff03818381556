//! The fixtures themselves: they start fast, run containers, and leave nothing.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tests::{Engine, Version};

#[test]
fn each_engine_starts_runs_a_container_and_leaves_nothing() {
    for version in Version::ALL {
        let started = Instant::now();
        let engine = Engine::start(version).unwrap();
        eprintln!("{} started in {:?}", version.number(), started.elapsed());
        engine.load_image("tiny:1").unwrap();
        let output = engine.docker().args(["run", "--rm", "tiny:1", "echo", "hello"]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\n", "{output:?}");
        let output = engine.exec_in_namespace("ip").args(["route"]).output().unwrap();
        let routes = String::from_utf8_lossy(&output.stdout);
        assert!(routes.contains("docker0") && !routes.contains("default"), "{routes}");
        let place = engine.socket().parent().unwrap().to_owned();
        drop(engine);
        assert_nothing_is_left(&place);
    }
}

#[test]
fn an_engine_at_a_fixed_place_is_kept_until_it_is_ended() {
    let place = std::env::temp_dir().join(format!("cdgp-kept-{}", std::process::id()));
    let first = Engine::start_at(&place, Version::Newest).unwrap();
    drop(first);
    assert!(place.join("docker.sock").exists());
    let again = Engine::find(&place, Version::Newest).unwrap().unwrap();
    let same = Engine::start_at(&place, Version::Newest).unwrap();
    assert_eq!(again.socket(), same.socket());
    assert!(same.inside(|| std::net::TcpStream::connect("127.0.0.1:9").is_err()).unwrap());
    assert!(Engine::end_at(&place).unwrap());
    assert_nothing_is_left(&place);
    assert!(Engine::find(&place, Version::Newest).unwrap().is_none());
    assert!(!Engine::end_at(&place).unwrap());
}

#[test]
fn a_panic_leaves_nothing() {
    let place = std::sync::Mutex::new(PathBuf::new());
    let panicked = std::panic::catch_unwind(|| {
        let engine = Engine::start(Version::Newest).unwrap();
        *place.lock().unwrap() = engine.socket().parent().unwrap().to_owned();
        assert!(engine.socket().exists());
        std::panic::resume_unwind(Box::new("as a failed assertion does"));
    });
    assert!(panicked.is_err());
    let place = place.into_inner().unwrap();
    assert_ne!(place, PathBuf::new());
    assert_nothing_is_left(&place);
}

/// Runs itself as a second process, which starts an engine with a container and is then killed.
#[test]
fn a_killed_run_leaves_nothing() {
    const NAME: &str = "a_killed_run_leaves_nothing";
    if std::env::var_os("CDGP_TO_BE_KILLED").is_some() {
        let engine = Engine::start(Version::Newest).unwrap();
        engine.load_image("tiny:1").unwrap();
        assert!(engine.docker().args(["run", "-d", "tiny:1", "sleep", "1000"]).status().unwrap().success());
        println!("\nplace={}", engine.socket().parent().unwrap().display());
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env("CDGP_TO_BE_KILLED", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let place = lines.map(Result::unwrap).find_map(|line| line.strip_prefix("place=").map(PathBuf::from)).unwrap();
    assert!(place.join("docker.sock").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while place.exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_nothing_is_left(&place);
}

fn assert_nothing_is_left(place: &Path) {
    assert!(!place.exists());
    let place = place.to_str().unwrap();
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(place), "{mounts}");
    let name = format!("cdgp-{}", place.rsplit('/').next().unwrap());
    let groups = Command::new("find").args(["/sys/fs/cgroup", "-name", &name]).output().unwrap();
    assert!(groups.stdout.is_empty(), "{}", String::from_utf8_lossy(&groups.stdout));
}

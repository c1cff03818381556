//! `containers top` against real engines.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use std::fs::OpenOptions;
use std::process::Output;

use tests::{Engine, Version, tool};

fn top(engine: &Engine, words: &[&str]) -> Output {
    tool("containers", "top").unwrap().args(words).env("DOCKER_HOST", engine.docker_host()).output().unwrap()
}

/// The lines, each as its words.
fn lines(engine: &Engine, words: &[&str]) -> Vec<Vec<String>> {
    let done = top(engine, words);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

#[test]
fn what_runs() {
    for version in [Version::Oldest, Version::Newest] {
        let engine = Engine::start(version).unwrap();
        let docker = |words: &str| {
            let done = engine.docker().args(words.split(' ')).output().unwrap();
            assert!(done.status.success(), "{words}: {}", String::from_utf8_lossy(&done.stderr));
        };
        engine.load_image("tiny:1").unwrap();
        assert_eq!(lines(&engine, &[]).len(), 1, "the titles alone");
        docker("network create lan");
        docker(
            "run --detach --name busy --network lan --publish 127.0.0.1:8080:80 --memory 64m tiny:1 dd if=/dev/zero of=/dev/null",
        );
        docker("run --detach --name web --health-cmd true --health-interval 1s tiny:1 sleep 1000");
        docker("run --name job tiny:1 sh -c true");
        docker("run --detach --name crash --restart on-failure:2 tiny:1 false");
        std::thread::sleep(std::time::Duration::from_secs(3));

        let all = lines(&engine, &["--all"]);
        assert_eq!(all[0].join(" "), "NAME IMAGE STATE HEALTH RESTARTS CPU MEMORY PORTS NETWORKS AGE");
        let row = |name: &str| all.iter().find(|line| line[0] == name).unwrap().join(" ");
        assert!(
            row("busy").starts_with("busy tiny:1 running - 0 ")
                && row("busy").contains("/64M 127.0.0.1:8080->80/tcp lan")
        );
        let cpu: f64 = all.iter().find(|line| line[0] == "busy").unwrap()[5].trim_end_matches('%').parse().unwrap();
        assert!(cpu > 5.0, "{}", row("busy"));
        assert!(row("web").starts_with("web tiny:1 running healthy 0 "), "{}", row("web"));
        assert!(row("job").starts_with("job tiny:1 exited 0 - 0 - - - bridge "), "{}", row("job"));
        assert!(row("crash").starts_with("crash tiny:1 exited 1 - 2 "), "{}", row("crash"));

        let running = lines(&engine, &["--sort", "cpu"]);
        let names: Vec<&str> = running.iter().map(|line| line[0].as_str()).collect();
        assert_eq!(names, ["NAME", "busy", "web"]);
        assert_eq!(lines(&engine, &["eb"]).len(), 2, "one by a part of its name");
    }
}

#[test]
fn what_goes_wrong_is_told_in_words() {
    let help = tool("containers", "top").unwrap().arg("--help").output().unwrap();
    assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).contains("--interval <SECONDS>"));
    let bad = tool("containers", "top").unwrap().arg("--nothing").output().unwrap();
    assert_eq!(bad.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&bad.stderr).contains("--nothing"), "{bad:?}");
    let away = tool("containers", "top").unwrap().args(["-H", "unix:///no/socket"]).output().unwrap();
    assert_eq!(away.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&away.stderr).starts_with("top: no engine at /no/socket"), "{away:?}");
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let help = tool("containers", "top").unwrap().arg("--help").stdout(full).status().unwrap();
    assert_eq!(help.code(), Some(1));
    // A module's result that nobody can read is a failure too.
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let facts = tool("containers", "current_container_facts").unwrap().stdout(full).status().unwrap();
    assert_eq!(facts.code(), Some(1));
}

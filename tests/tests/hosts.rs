//! The host fixture itself: its hosts are machines as an administrator knows them, and nothing is left of them.

#![allow(clippy::unwrap_used)] // clippy counts only functions marked #[test] as tests

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tests::hosts::{Host, Hosts, Python, Suite};

/// What a command prints over ssh.
fn over_ssh(host: &Host, command: &str) -> String {
    let done = host.ssh().arg(command).output().unwrap();
    assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

fn answers(host: &Host, other: &str) -> bool {
    host.exec("ping", &["-c1", "-W2", other]).unwrap().status.success()
}

#[test]
fn two_hosts() {
    let hosts = Hosts::start(2, Suite::Bookworm, Python::Without).unwrap();
    let (h1, h2) = (hosts.host("h1").unwrap(), hosts.host("h2").unwrap());
    let place = hosts.inventory().parent().unwrap().to_owned();

    // As an administrator comes to it.
    assert_eq!(over_ssh(&h1, "hostname; systemctl is-system-running; ! command -v python3"), "h1\nrunning");
    assert_eq!(over_ssh(&h2, "su admin -c 'sudo id -u'"), "0");
    assert!(answers(&h1, "h2") && answers(&h1, "fd00:77::12"));
    let identities: Vec<_> = [&h1, &h2].map(|host| host.run("cat", &["/etc/machine-id"]).unwrap()).into();
    assert_ne!(identities[0], identities[1]);

    // Its engine.
    h1.load_image("tiny:1").unwrap();
    assert_eq!(over_ssh(&h1, "docker run --rm --memory 64m tiny:1 echo hello"), "hello");
    assert!(tests::answers(Path::new(h1.docker_host().unwrap().strip_prefix("unix://").unwrap())));

    // Its packages come by the mirror; nothing else is to be had, and the answer to that is quick.
    h1.run("apt-get", &["-qq", "update"]).unwrap();
    assert!(!h1.run("apt-cache", &["policy", "nginx"]).unwrap().is_empty());
    let began = Instant::now();
    let refused = "--max-time 20 --silent --show-error --fail";
    let elsewhere =
        h1.exec("bash", &["-c", &format!("curl {refused} --proxy http://192.168.77.1:3142 http://example.org")]);
    assert!(String::from_utf8_lossy(&elsewhere.unwrap().stderr).contains("403"));
    assert!(!h1.exec("bash", &["-c", &format!("curl {refused} http://192.0.2.1")]).unwrap().status.success());
    assert!(!h1.exec("getent", &["hosts", "example.org"]).unwrap().status.success());
    assert!(began.elapsed() < Duration::from_secs(15), "a way out that leads nowhere is waited for");

    // What is the machine's is not the host's to set.
    assert!(!h1.exec("sysctl", &["-w", "kernel.panic=0"]).unwrap().status.success());
    for status in [h1.run("cat", &["/proc/self/status"]).unwrap(), over_ssh(&h1, "cat /proc/self/status")] {
        let set = status.lines().find_map(|line| line.strip_prefix("CapBnd:")).unwrap();
        let set = u64::from_str_radix(set.trim(), 16).unwrap();
        assert_eq!((set >> 25 & 1, set >> 16 & 1), (0, 0), "a host may set the clock or load modules: {status}");
    }

    cut_off_and_healed(&h1, &h2);
    switched_off_and_on(&h1, &h2);

    let address = h1.docker_host().unwrap();
    drop(hosts);
    assert_nothing_is_left(&place);
    assert!(!Path::new(address.strip_prefix("unix://").unwrap()).exists());
}

fn cut_off_and_healed(h1: &Host, h2: &Host) {
    h1.partition().unwrap();
    h1.partition().unwrap();
    assert!(!answers(h1, "h2") && !answers(h2, "h1"));
    assert_eq!(over_ssh(h1, "hostname"), "h1");
    h1.heal().unwrap();
    h1.heal().unwrap();
    assert!(answers(h1, "h2") && answers(h2, "h1"));
}

fn switched_off_and_on(h1: &Host, h2: &Host) {
    let boot = |host: &Host| host.run("cat", &["/proc/sys/kernel/random/boot_id"]).unwrap();
    let before = boot(h1);
    over_ssh(h1, "iptables -I INPUT -s 192.0.2.9 -j DROP && touch /root/kept /run/gone");
    h1.reboot().unwrap();
    assert_ne!(boot(h1), before);
    assert_eq!(
        over_ssh(
            h1,
            "ls /root/kept; iptables -S INPUT | grep -c 192.0.2.9; test ! -e /run/gone && echo gone; docker images -q | wc -l"
        ),
        "/root/kept\n0\ngone\n1"
    );

    h2.kill().unwrap();
    assert!(h2.exec("true", &[]).is_err() && !answers(h1, "h2"));
    h2.start().unwrap();
    h2.wait().unwrap();
    assert!(answers(h1, "h2"));
}

/// Runs itself as a second process, which boots a host with a container and is then killed.
#[test]
fn hosts_of_a_killed_run_leave_nothing() {
    if std::env::var_os("CDGP_TO_BE_KILLED").is_some() {
        let hosts = Hosts::start(1, Suite::Bookworm, Python::Without).unwrap();
        let host = hosts.host("h1").unwrap();
        host.load_image("tiny:1").unwrap();
        host.run("docker", &["run", "-d", "tiny:1", "sleep", "1000"]).unwrap();
        println!("\nplace={}", hosts.inventory().parent().unwrap().display());
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hosts_of_a_killed_run_leave_nothing", "--nocapture"])
        .env("CDGP_TO_BE_KILLED", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let place = lines.map(Result::unwrap).find_map(|line| line.strip_prefix("place=").map(PathBuf::from)).unwrap();
    assert!(place.join("hosts/h1").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while place.exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_nothing_is_left(&place);
}

fn assert_nothing_is_left(place: &Path) {
    assert!(!place.exists());
    let name = place.file_name().unwrap().to_str().unwrap();
    assert!(!std::fs::read_to_string("/proc/self/mounts").unwrap().contains(name));
    let groups = Command::new("find").args(["/sys/fs/cgroup", "-name", &format!("cdgp-{name}-*")]).output().unwrap();
    assert!(groups.stdout.is_empty(), "{}", String::from_utf8_lossy(&groups.stdout));
}

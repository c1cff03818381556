//! The volume plug-in: how long it takes to answer at 1,000 volumes, and a snapshot of 1 GiB to be taken and put back.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tests::{Host, Inside, Plugin, exchange};

use crate::process;

const VOLUMES: u32 = 1000;
const CALLS: u32 = 2000;

/// No answer is to take longer, but for one in a hundred.
const GOAL: Duration = Duration::from_millis(2);

/// Measures; `binary` is the release build of `volumes`.
pub fn run(binary: &Path) -> Result<()> {
    let host = Host::start()?;
    answers(binary, &host)?;
    println!("\n{:<34}{:>10}{:>12}", "snapshot of 1 GiB", "taken", "put back");
    for (kind, backend) in [("btrfs", "btrfs"), ("btrfs", "reflink"), ("xfs", "reflink"), ("xfs", "image")] {
        snapshot(binary, &host, kind, backend)?;
    }
    Ok(())
}

/// Get, List, Mount and Unmount, one after the other on one connection, as the engine asks.
fn answers(binary: &Path, host: &Host) -> Result<()> {
    let plugin = Plugin::start_program(binary, host, &[])?;
    let mut stream = UnixStream::connect(plugin.socket()).context("connecting to the plug-in")?;
    let mut ask = |call: &str, body: String| -> Result<Duration> {
        let start = Instant::now();
        let (status, answer) = exchange(&mut stream, &format!("VolumeDriver.{call}"), &body)?;
        if status != 200 {
            bail!("{call}: {answer}");
        }
        Ok(start.elapsed())
    };
    for number in 0..VOLUMES {
        ask("Create", format!(r#"{{"Name":"volume-{number}"}}"#))?;
    }
    println!("\n{:<34}{:>10}{:>12}  goal", format!("plug-in, {VOLUMES} volumes"), "p50", "p99");
    for call in ["Get", "List", "Path", "Mount", "Unmount"] {
        let mut times = Vec::new();
        for number in 0..CALLS {
            let volume = number * 7 % VOLUMES;
            times.push(ask(call, format!(r#"{{"Name":"volume-{volume}","ID":"{:064x}"}}"#, number / VOLUMES))?);
        }
        times.sort_unstable();
        let (half, most) = (times[times.len() / 2], times[times.len() * 99 / 100]);
        let verdict = if most <= GOAL { "reached" } else { "MISSED" };
        println!("{call:<34}{:>10}{:>12}  p99 ≤ {GOAL:?}: {verdict}", shown(half), shown(most));
    }
    Ok(())
}

fn snapshot(binary: &Path, host: &Host, kind: &str, backend: &str) -> Result<()> {
    let place = host.place().join("bench");
    let inside = |script: &str| {
        let mut command: Command = host.command_inside("sh");
        process::output(command.args(["-euc", script]).arg(&place).arg(binary))
    };
    inside(&format!(
        "mkdir -p $0/{kind}; truncate -s 4G $0/{kind}.img; mkfs.{kind} -q $0/{kind}.img; mount -o loop $0/{kind}.img $0/{kind}"
    ))?;
    let root = place.join(kind).join("volumes");
    let plugin = Plugin::start_program(binary, host, &[&format!("--root={}", root.display())])?;
    let size = if backend == "image" { r#","size":"1500M""# } else { "" };
    let create = format!(r#"{{"Name":"db","Opts":{{"backend":"{backend}"{size}}}}}"#);
    for (call, body) in [("Create", create.as_str()), ("Mount", r#"{"Name":"db","ID":"aa"}"#)] {
        plugin.try_call(&format!("VolumeDriver.{call}"), &serde_json::from_str(body)?)?;
    }
    let root = root.display();
    inside(&format!("dd if=/dev/urandom of={root}/volumes/db/data/file bs=1M count=1024 2>/dev/null; sync -f {root}"))?;
    let timed = |verb: &str| -> Result<Duration> {
        let start = Instant::now();
        inside(&format!("$1 snapshot {verb} db one --root {root}"))?;
        Ok(start.elapsed())
    };
    let taken = timed("take")?;
    inside(&format!("echo more > {root}/volumes/db/data/more"))?;
    plugin.try_call("VolumeDriver.Unmount", &serde_json::json!({"Name": "db", "ID": "aa"}))?;
    let back = timed("restore")?;
    println!("{:<34}{:>10}{:>12}", format!("{backend} on {kind}"), shown(taken), shown(back));
    drop(plugin);
    inside(&format!("umount $0/{kind}; rm -r $0"))?;
    Ok(())
}

fn shown(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

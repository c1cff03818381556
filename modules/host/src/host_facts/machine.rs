//! The machine: kernel, names, memory, processors, disks, and the user that the task runs as.

use std::path::Path;

use rustix::fs::statvfs;
use rustix::process::{getegid, geteuid};
use rustix::system::uname;
use serde_json::{Map, Value, json};

use super::os::map;
use super::root::Root;
use crate::accounts::Account;

/// The facts under Ansible's names.
pub async fn facts(root: &Root) -> Map<String, Value> {
    let kernel = uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    let machine = text(kernel.machine());
    let node = text(kernel.nodename());
    let full = full_name(root, &node);
    let intel = matches!(machine.as_str(), "i386" | "i486" | "i586" | "i686");
    let memory = root.text("/proc/meminfo");
    let user = User::now(root).await;
    let uptime = root.text("/proc/uptime");
    let machine_id = root.line("/var/lib/dbus/machine-id").or_else(|| root.line("/etc/machine-id"));
    map(json!({
        "system": text(kernel.sysname()),
        "kernel": text(kernel.release()),
        "kernel_version": text(kernel.version()),
        "machine": machine,
        "architecture": if intel { "i386" } else { machine.as_str() },
        "userspace_bits": usize::BITS.to_string(),
        "userspace_architecture": if intel { "i386" } else { machine.as_str() },
        "nodename": node,
        "hostname": node.split('.').next().unwrap_or_default(),
        "fqdn": full,
        "domain": full.split_once('.').map_or("", |(_, domain)| domain),
        "machine_id": machine_id,
        "memtotal_mb": megabytes(&memory, "MemTotal"),
        "swaptotal_mb": megabytes(&memory, "SwapTotal"),
        "processor_nproc": std::thread::available_parallelism().map_or(1, usize::from),
        "processor_vcpus": root.text("/proc/cpuinfo").lines().filter(|line| line.starts_with("processor")).count(),
        "uptime_seconds": uptime.split('.').next().and_then(|seconds| seconds.parse::<u64>().ok()),
        "apparmor": { "status": if root.has("/sys/kernel/security/apparmor") { "enabled" } else { "disabled" } },
        "user_id": user.name,
        "user_uid": geteuid().as_raw(),
        "user_gid": user.group.unwrap_or_else(|| getegid().as_raw()),
        "user_dir": user.home,
    }))
}

/// The node's name with its domain, or else the first name of its address, as the host's own file tells it.
fn full_name(root: &Root, node: &str) -> String {
    let hosts = root.text("/etc/hosts");
    let lines: Vec<Vec<&str>> =
        hosts.lines().map(|line| line.split('#').next().unwrap_or_default().split_whitespace().collect()).collect();
    // The address of the name, then the names of the address: what gethostbyaddr(3) answers.
    let address =
        lines.iter().find(|words| words.iter().skip(1).any(|name| *name == node)).and_then(|words| words.first());
    let names = address.and_then(|address| lines.iter().find(|words| words.first() == Some(address)));
    let names: Vec<&str> = names.map(|words| words.iter().skip(1).copied().collect()).unwrap_or_default();
    let full = names.iter().find(|name| name.contains('.')).or(names.first());
    if node.contains('.') { node.to_owned() } else { full.map_or(node, |name| name).to_owned() }
}

fn megabytes(meminfo: &str, name: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}

#[derive(Default)]
struct User {
    name: Option<String>,
    group: Option<u32>,
    home: Option<String>,
}

impl User {
    async fn now(root: &Root) -> User {
        let uid = geteuid().as_raw();
        let passwd = root.text("/etc/passwd");
        let entry = passwd
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|fields| fields.get(2).and_then(|field| field.parse().ok()) == Some(uid));
        match entry.as_deref() {
            Some([name, _, _, group, _, home, ..]) => {
                User { name: Some((*name).to_owned()), group: group.parse().ok(), home: Some((*home).to_owned()) }
            }
            _ => User { name: Account::User.name(uid).await, ..User::default() },
        }
    }
}

/// The disks that matter: of `/`, and of the engine's data.
pub fn disks(root: &Root) -> Value {
    let data = data_root(&root.text("/etc/docker/daemon.json"));
    json!({ "root": disk(root, "/"), "docker": disk(root, &data) })
}

fn data_root(daemon_json: &str) -> String {
    let config: Value = serde_json::from_str(daemon_json).unwrap_or_default();
    config["data-root"].as_str().unwrap_or("/var/lib/docker").to_owned()
}

/// The file system that holds `path`, or would.
fn disk(root: &Root, path: &str) -> Value {
    let there = Path::new(path).ancestors().find(|folder| root.has(&folder.to_string_lossy()));
    let there = there.map_or_else(|| "/".to_owned(), |folder| folder.to_string_lossy().into_owned());
    match statvfs(root.path(&there)) {
        Ok(found) => json!({
            "path": there,
            "fstype": file_system(root, &there),
            "total_bytes": found.f_blocks * found.f_frsize,
            "free_bytes": found.f_bavail * found.f_frsize,
        }),
        Err(_) => Value::Null,
    }
}

/// The type of the file system mounted nearest above a path.
fn file_system(root: &Root, path: &str) -> Option<String> {
    let mounts = root.text("/proc/self/mounts");
    let mounted = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let above = mounted.filter(|(place, _)| Path::new(path).starts_with(place));
    above.max_by_key(|(place, _)| place.len()).map(|(_, kind)| kind.to_owned())
}

//! The first process, what manages services, and what contains the host.

use super::root::Root;

/// The first process's name.
pub fn first_process(root: &Root) -> Option<String> {
    root.line("/proc/1/comm")
}

/// What manages services, by Ansible's name.
pub fn service_mgr(root: &Root) -> String {
    let first = first_process(root).filter(|name| name != "init" && !name.ends_with("sh"));
    match first.as_deref() {
        Some("procd") => "openwrt_init".to_owned(),
        Some("runit-init") => "runit".to_owned(),
        Some("svscan") => "svc".to_owned(),
        Some("openrc-init") => "openrc".to_owned(),
        Some(name) => name.to_owned(),
        None if systemd_runs(root) => "systemd".to_owned(),
        None if root.has("/sbin/initctl") && root.has("/etc/init") => "upstart".to_owned(),
        None if root.has("/sbin/openrc") => "openrc".to_owned(),
        None if root.names("/sbin").iter().any(|name| name == "init")
            && std::fs::read_link(root.path("/sbin/init")).is_ok_and(|to| to.ends_with("systemd")) =>
        {
            "systemd".to_owned()
        }
        None if root.has("/etc/init.d") => "sysvinit".to_owned(),
        None => "service".to_owned(),
    }
}

/// Source: sd_booted(3).
fn systemd_runs(root: &Root) -> bool {
    root.has("/run/systemd/system")
}

/// The side of OpenVZ that this host is on. A guest has `/proc/vz` without `/proc/bc`; a kernel of CloudLinux, which is none
/// of the two, has `/proc/lve` too.
pub fn openvz(root: &Root) -> Option<&'static str> {
    match (root.has("/proc/vz") && !root.has("/proc/lve"), root.has("/proc/bc")) {
        (true, false) => Some("guest"),
        (true, true) => Some("host"),
        (false, _) => None,
    }
}

/// What contains this host; `None`: nothing. Source: systemd's container interface, and the marks that engines leave.
pub fn container(root: &Root) -> Option<String> {
    if openvz(root) == Some("guest") {
        return Some("openvz".to_owned());
    }
    if let Some(name) = root.line("/run/systemd/container") {
        return Some(name);
    }
    let environment = root.text("/proc/1/environ");
    if let Some(name) = environment.split('\0').find_map(|entry| entry.strip_prefix("container=")) {
        return Some(name.to_owned()).filter(|name| !name.is_empty());
    }
    if root.has("/run/.containerenv") {
        return Some("podman".to_owned());
    }
    let cgroups = root.text("/proc/1/cgroup");
    if root.has("/.dockerenv") || cgroups.contains("/docker/") {
        return Some("docker".to_owned());
    }
    cgroups.contains("/lxc").then(|| "lxc".to_owned())
}

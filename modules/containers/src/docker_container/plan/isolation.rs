//! How far the container is kept apart: capabilities, namespaces, the root file system.

use std::collections::{BTreeMap, BTreeSet};

use docker::container::Container as Inspect;
use serde::Serialize;

use super::super::options::Options;
use super::body::{Body, put};
use super::compare::Compare;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Isolation {
    pub auto_remove: Option<bool>,
    capabilities: Option<BTreeSet<String>>,
    cap_drop: Option<BTreeSet<String>>,
    cgroup_parent: Option<String>,
    cgroupns_mode: Option<String>,
    groups: Option<BTreeSet<String>>,
    ipc_mode: Option<String>,
    pid_mode: Option<String>,
    privileged: Option<bool>,
    read_only: Option<bool>,
    runtime: Option<String>,
    security_opts: Option<BTreeSet<String>>,
    sysctls: Option<BTreeMap<String, String>>,
    userns_mode: Option<String>,
    uts: Option<String>,
}

impl From<&Inspect> for Isolation {
    fn from(inspect: &Inspect) -> Self {
        let host = &inspect.host_config;
        let set = |list: &[String]| Some(list.iter().cloned().collect());
        Isolation {
            auto_remove: Some(host.auto_remove),
            capabilities: set(&host.cap_add),
            cap_drop: set(&host.cap_drop),
            cgroup_parent: Some(host.cgroup_parent.clone()),
            cgroupns_mode: Some(host.cgroupns_mode.clone()),
            groups: set(&host.group_add),
            ipc_mode: Some(host.ipc_mode.clone()),
            pid_mode: Some(host.pid_mode.clone()),
            privileged: Some(host.privileged),
            read_only: Some(host.readonly_rootfs),
            runtime: Some(host.runtime.clone()),
            security_opts: set(&host.security_opt),
            sysctls: Some(host.sysctls.clone()),
            userns_mode: Some(host.userns_mode.clone()),
            uts: Some(host.uts_mode.clone()),
        }
    }
}

impl Isolation {
    pub fn overlay(&mut self, wish: &Options, compare: &Compare) {
        compare.value("auto_remove", &mut self.auto_remove, wish.auto_remove);
        compare.set("capabilities", &mut self.capabilities, wish.capabilities.clone(), []);
        compare.set("cap_drop", &mut self.cap_drop, wish.cap_drop.clone(), []);
        compare.value("cgroup_parent", &mut self.cgroup_parent, wish.cgroup_parent.clone());
        compare.value("cgroupns_mode", &mut self.cgroupns_mode, wish.cgroupns_mode.clone());
        compare.set("groups", &mut self.groups, wish.groups.clone(), []);
        compare.value("ipc_mode", &mut self.ipc_mode, wish.ipc_mode.clone());
        compare.value("pid_mode", &mut self.pid_mode, wish.pid_mode.clone());
        compare.value("privileged", &mut self.privileged, wish.privileged);
        compare.value("read_only", &mut self.read_only, wish.read_only);
        compare.value("runtime", &mut self.runtime, wish.runtime.clone());
        compare.set("security_opts", &mut self.security_opts, wish.security_opts.clone(), []);
        let sysctls = wish.sysctls.clone().map(|all| all.into_iter().map(|(key, text)| (key, text.0)).collect());
        compare.map("sysctls", &mut self.sysctls, sysctls, []);
        compare.value("userns_mode", &mut self.userns_mode, wish.userns_mode.clone());
        compare.value("uts", &mut self.uts, wish.uts.clone());
    }

    pub fn write(&self, body: &mut Body) {
        let host = &mut body.host_config;
        put(host, "AutoRemove", &self.auto_remove);
        put(host, "CapAdd", &self.capabilities);
        put(host, "CapDrop", &self.cap_drop);
        put(host, "CgroupParent", &self.cgroup_parent);
        put(host, "CgroupnsMode", &self.cgroupns_mode);
        put(host, "GroupAdd", &self.groups);
        put(host, "IpcMode", &self.ipc_mode);
        put(host, "PidMode", &self.pid_mode);
        put(host, "Privileged", &self.privileged);
        put(host, "ReadonlyRootfs", &self.read_only);
        put(host, "Runtime", &self.runtime);
        put(host, "SecurityOpt", &self.security_opts);
        put(host, "Sysctls", &self.sysctls);
        put(host, "UsernsMode", &self.userns_mode);
        put(host, "UTSMode", &self.uts);
    }
}

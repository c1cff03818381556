//! What the kernel can do for containers.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::root::Root;

/// The features: the name of the fact, the module, and the word in the kernel's configuration.
const FEATURES: [(&str, &str, &str); 14] = [
    ("br_netfilter", "br_netfilter", "BRIDGE_NETFILTER"),
    ("btrfs", "btrfs", "BTRFS_FS"),
    ("esp4", "esp4", "INET_ESP"),
    ("ip_set", "ip_set", "IP_SET"),
    ("ip_tables", "ip_tables", "IP_NF_IPTABLES"),
    ("ip_vs", "ip_vs", "IP_VS"),
    ("ipvlan", "ipvlan", "IPVLAN"),
    ("macvlan", "macvlan", "MACVLAN"),
    ("netem", "sch_netem", "NET_SCH_NETEM"),
    ("nf_tables", "nf_tables", "NF_TABLES"),
    ("overlay", "overlay", "OVERLAY_FS"),
    ("vxlan", "vxlan", "VXLAN"),
    ("xfs", "xfs", "XFS_FS"),
    ("zfs", "zfs", "ZFS"),
];

/// Whether each feature is there; null where nothing tells.
pub fn features(root: &Root) -> Map<String, Value> {
    let kernel = Kernel::read(root);
    let feature = |(fact, module, option): &(&str, &str, &str)| {
        ((*fact).to_owned(), kernel.has(root, module, option).map_or(Value::Null, Value::Bool))
    };
    FEATURES.iter().map(feature).collect()
}

struct Kernel {
    /// Modules that are loaded, built in, or can be loaded.
    modules: BTreeSet<String>,
    /// Whether the modules that can be loaded are known.
    complete: bool,
    file_systems: BTreeSet<String>,
    /// The text of the kernel's configuration.
    configuration: Option<String>,
}

impl Kernel {
    fn read(root: &Root) -> Kernel {
        let release = root.line("/proc/sys/kernel/osrelease").unwrap_or_default();
        let folder = format!("/lib/modules/{release}");
        let mut modules: BTreeSet<String> = BTreeSet::new();
        let loaded = root.text("/proc/modules");
        modules.extend(loaded.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned));
        let built_in = root.text(&format!("{folder}/modules.builtin"));
        let loadable = root.text(&format!("{folder}/modules.dep"));
        let files = built_in.lines().chain(loadable.lines().filter_map(|line| line.split(':').next()));
        modules.extend(files.filter_map(module_of_file));
        let systems = root.text("/proc/filesystems");
        Kernel {
            modules,
            complete: !built_in.is_empty() && !loadable.is_empty(),
            file_systems: systems
                .lines()
                .filter_map(|line| line.split_whitespace().last())
                .map(str::to_owned)
                .collect(),
            configuration: ["/boot/config-", "/lib/modules/"]
                .iter()
                .zip([String::new(), "/config".to_owned()])
                .find_map(|(before, after)| root.line(&format!("{before}{release}{after}"))),
        }
    }

    fn has(&self, root: &Root, module: &str, option: &str) -> Option<bool> {
        // A module that is built in has a folder if it has a parameter.
        if self.modules.contains(module)
            || self.file_systems.contains(module)
            || root.has(&format!("/sys/module/{module}"))
        {
            return Some(true);
        }
        if self.complete {
            return Some(false);
        }
        // A container of this kernel may have no modules' folder, and yet the kernel loads them on demand.
        let configuration = self.configuration.as_ref()?;
        Some(
            [format!("CONFIG_{option}=y"), format!("CONFIG_{option}=m")]
                .iter()
                .any(|wanted| configuration.lines().any(|line| line == wanted)),
        )
    }
}

/// `kernel/drivers/net/vxlan/vxlan.ko.xz` is the module `vxlan`.
fn module_of_file(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?.split(".ko").next()?;
    (!name.is_empty()).then(|| name.replace('-', "_"))
}

/// The version of the control groups and their controllers.
pub fn cgroup(root: &Root) -> Value {
    if let Some(controllers) = root.line("/sys/fs/cgroup/cgroup.controllers") {
        return json!({ "version": 2, "controllers": controllers.split_whitespace().collect::<Vec<_>>() });
    }
    let listed = root.text("/proc/cgroups");
    let on = listed.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        (fields.get(3) == Some(&"1")).then(|| fields.first().copied().unwrap_or_default().to_owned())
    });
    let on: Vec<String> = on.filter(|name| root.has(&format!("/sys/fs/cgroup/{name}"))).collect();
    // The second version without a controller is a mount of its own beside the first.
    let version = if on.is_empty() { Value::Null } else { 1.into() };
    json!({ "version": version, "controllers": on })
}

/// Source: selinuxfs; without it the kernel has none.
pub fn selinux(root: &Root) -> &'static str {
    match root.line("/sys/fs/selinux/enforce").as_deref() {
        Some("1") => "enforcing",
        Some(_) => "permissive",
        None => "disabled",
    }
}

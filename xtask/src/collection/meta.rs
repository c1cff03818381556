//! The collection's metadata: `galaxy.yml`, `meta/runtime.yml`, `bin/modules.json` and what `ansible-test` is to ignore.

use serde_json::{Map, Value, json};
use sidecar::Sidecar;

use super::layout::Layout;

/// A module, and the binary that runs it.
pub struct Routed<'w> {
    /// The module.
    pub module: &'w Sidecar,
    /// The binary.
    pub binary: &'w str,
    /// The action plug-in through which it runs.
    pub plugin: String,
}

/// The versions of ansible-core whose `ansible-test` people may run on the collection.
const CORES: std::ops::RangeInclusive<u8> = 15..=22;

/// Adds all metadata.
pub fn add(layout: &mut Layout, version: &str, modules: &[Routed<'_>]) {
    layout.add("galaxy.yml", include_str!("galaxy.yml").replace("{version}", version));
    layout.add("meta/runtime.yml", runtime(modules));
    let binaries: Map<String, Value> =
        modules.iter().map(|routed| (routed.module.name().to_owned(), routed.binary.into())).collect();
    layout.add("bin/modules.json", format!("{:#}\n", json!(binaries)));
    // Ansible wants modules under the GPL. Ours are binaries, and their documentation is under our own licence.
    let mut ignored = String::new();
    for routed in modules {
        ignored += &format!("plugins/modules/{}.py validate-modules:missing-gplv3-license\n", routed.module.name());
    }
    for core in CORES {
        layout.add(format!("tests/sanity/ignore-2.{core}.txt"), ignored.clone());
    }
}

/// `meta/runtime.yml`: each module runs through an action plug-in, nearly all through `native`.
fn runtime(modules: &[Routed<'_>]) -> String {
    let mut out = "---\nrequires_ansible: \">=2.15.0\"\naction_groups:\n  docker:\n".to_owned();
    for routed in modules.iter().filter(|routed| routed.module.in_action_group()) {
        out += &format!("    - {}\n", routed.module.name());
    }
    out += "plugin_routing:\n  modules:\n";
    for routed in modules {
        out += &format!("    {}:\n      action_plugin: cdgp.docker.{}\n", routed.module.name(), routed.plugin);
    }
    out
}

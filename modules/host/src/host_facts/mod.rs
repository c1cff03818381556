//! `host_facts`: what plays and roles ask of a host.

mod engine;
mod init;
mod kernel;
mod machine;
mod network;
mod os;
mod root;

use ansible::{Call, Failure, Module, Outcome};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::root::Root;

pub use self::engine::{socket_answer, version_of};

pub const MODULE: Module = ansible::module!(host_facts, run);

#[derive(Debug, Deserialize)]
struct Options {
    root: String,
}

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let root = Root::new(&options.root);
    let mut facts = Map::new();
    let os = os::Os::read(&root);
    facts.extend(named("ansible_", os.facts()));
    facts.extend(named("ansible_", machine::facts(&root).await));
    facts.extend(named("ansible_", network::facts(&root)));
    let service_mgr = init::service_mgr(&root);
    facts.insert("ansible_service_mgr".to_owned(), service_mgr.into());
    facts.insert("ansible_pkg_mgr".to_owned(), os::pkg_mgr(&root).into());
    let own = json!({
        "kernel_features": kernel::features(&root),
        "cgroup": kernel::cgroup(&root),
        "engine": engine::facts(&root).await,
        "init": init::first_process(&root),
        "container": init::container(&root),
        "openvz": init::openvz(&root),
        "selinux": kernel::selinux(&root),
        "updates": os.updates(&root),
        "python": os::python(&root),
        "disk": machine::disks(&root),
    });
    facts.insert("cdgp_host".to_owned(), own);
    Ok(Outcome::unchanged().with("ansible_facts", facts))
}

/// The same facts under their names as variables.
fn named(prefix: &str, facts: Map<String, Value>) -> impl Iterator<Item = (String, Value)> {
    facts.into_iter().map(move |(name, value)| (format!("{prefix}{name}"), value))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>()]).unwrap();
    }
}

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

    use super::{init, os, root::Root};

    /// A tree with these files, which goes with the test.
    struct Tree(std::path::PathBuf);

    impl Tree {
        fn new(name: &str, files: &[(&str, &str)]) -> Tree {
            let folder = std::env::temp_dir().join(format!("cdgp-facts-{}-{name}", std::process::id()));
            for (path, text) in files {
                let path = folder.join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            Tree(folder)
        }

        fn root(&self) -> Root {
            Root::new(&self.0.to_string_lossy())
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_guest_of_openvz_is_told_from_its_host() {
        let guest = Tree::new("guest", &[("proc/filesystems", ""), ("proc/vz/version", "")]);
        assert_eq!(init::openvz(&guest.root()), Some("guest"));
        assert_eq!(init::container(&guest.root()).as_deref(), Some("openvz"));
        let host = Tree::new("host", &[("proc/filesystems", ""), ("proc/vz/version", ""), ("proc/bc/0/resources", "")]);
        assert_eq!(init::openvz(&host.root()), Some("host"));
        let neither = Tree::new("neither", &[("proc/filesystems", "")]);
        assert_eq!(init::openvz(&neither.root()), None);
    }

    /// os-release as the distributions have it, in the fields that count; name, version, family, way of updates.
    #[test]
    fn distributions_by_their_os_release() {
        let known = [
            ("ID=debian\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\n", "Debian", "13", "Debian", "packages"),
            ("ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\n", "Ubuntu", "24.04", "Debian", "packages"),
            (
                "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n",
                "Rocky",
                "9.4",
                "RedHat",
                "packages",
            ),
            ("ID=\"almalinux\"\nVERSION_ID=\"9.4\"\n", "AlmaLinux", "9.4", "RedHat", "packages"),
            ("ID=\"opensuse-leap\"\nVERSION_ID=\"15.6\"\n", "openSUSE Leap", "15.6", "Suse", "packages"),
            ("ID=fedora\nVARIANT_ID=coreos\nVERSION_ID=41\n", "Fedora", "41", "RedHat", "rpm-ostree"),
            ("ID=flatcar\nID_LIKE=coreos\nVERSION_ID=4081.2.0\n", "Flatcar", "4081.2.0", "Flatcar", "image"),
            ("ID=pop\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=22.04\n", "Pop", "22.04", "Debian", "packages"),
        ];
        for (index, (text, name, version, family, updates)) in known.into_iter().enumerate() {
            let tree = Tree::new(&format!("os-{index}"), &[("etc/os-release", text)]);
            let os = os::Os::read(&tree.root());
            let facts = os.facts();
            assert_eq!(facts["distribution"], name);
            assert_eq!(facts["distribution_version"], version, "{name}");
            assert_eq!(facts["os_family"], family, "{name}");
            assert_eq!(os.updates(&tree.root()), updates, "{name}");
        }
    }

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>()]).unwrap();
    }
}

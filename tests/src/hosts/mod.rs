//! Whole hosts: systemd, sshd, a firewall and an engine of their own each, on a bridge that leads nowhere else.
//!
//! A host is what `tests/hosts/make-tree` makes, with a layer of its own to write into, booted in namespaces within the
//! fixture's (`host.sh`). See docs/decisions for why there is no engine below.

mod host;
mod packages;
mod reach;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

pub use host::Host;

use crate::Failure;
use crate::namespace::Namespace;

const SCRIPT: &str = include_str!("host.sh");
/// The hosts' names are h1 to h9, and each knows all of them.
const MOST: usize = 9;

/// Of which Debian a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// Debian 12: systemd 252, Docker 20.10.
    Bookworm,
    /// Debian 13: systemd 257, Docker 26.1.
    Trixie,
}

impl Suite {
    /// All of them, the oldest first.
    pub const ALL: [Suite; 2] = [Suite::Bookworm, Suite::Trixie];

    /// The name that Debian gave it.
    pub fn name(self) -> &'static str {
        match self {
            Suite::Bookworm => "bookworm",
            Suite::Trixie => "trixie",
        }
    }
}

/// Whether a host has a Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Python {
    /// Debian's.
    With,
    /// None at all.
    Without,
}

/// Hosts that reach one another, and that the machine reaches by ssh.
///
/// Those that [`Hosts::start`] made end when this is dropped, and also when the process ends in any other way; those
/// that [`Hosts::start_at`] made live until [`Hosts::end_at`].
#[derive(Debug)]
pub struct Hosts {
    namespace: Namespace,
}

impl Hosts {
    /// Boots so many hosts for this test.
    ///
    /// # Errors
    /// Not root, no packages to be had, or a host that does not come up.
    pub fn start(count: usize, suite: Suite, python: Python) -> Result<Hosts, Failure> {
        let hosts = Hosts::launch(&Namespace::new_place()?, false)?;
        packages::in_background(&hosts.namespace)?;
        hosts.up_to(count, suite, python)?;
        Ok(hosts)
    }

    /// The hosts at `place`, a folder that is this fixture's own; what is needed for them is started where it does not
    /// run yet, but no host is booted. Someone must call [`Hosts::serve_packages`].
    ///
    /// # Errors
    /// Not root, or it does not come up.
    pub fn start_at(place: &Path) -> Result<Hosts, Failure> {
        match Namespace::find(place)? {
            Some(namespace) => Ok(Hosts { namespace }),
            None => Hosts::launch(place, true),
        }
    }

    /// The hosts that run at `place`; what dead ones left there is removed.
    ///
    /// # Errors
    /// The leftovers can't be removed.
    pub fn find(place: &Path) -> Result<Option<Hosts>, Failure> {
        Ok(Namespace::find(place)?.map(|namespace| Hosts { namespace }))
    }

    /// Ends the hosts that run at `place` and removes everything of them. Whether there were any.
    ///
    /// # Errors
    /// What dead ones left there can't be removed.
    pub fn end_at(place: &Path) -> Result<bool, Failure> {
        Ok(Namespace::find(place)?.map(|mut namespace| namespace.end()).is_some())
    }

    fn launch(place: &Path, kept: bool) -> Result<Hosts, Failure> {
        let prepared = || -> io::Result<PathBuf> {
            fs::create_dir_all(place.join("hosts"))?;
            let script = place.join("host.sh");
            fs::write(&script, SCRIPT)?;
            Ok(script)
        };
        let script = prepared().map_err(|error| Failure::new("preparing the hosts' folder", error))?;
        // The script writes the one, who started it the other.
        let ready = || place.join("ready").exists() && place.join("holder").exists();
        let daemon = ["bash", &script.display().to_string(), "network", &place.display().to_string()];
        let namespace = Namespace::start_until(place, kept, &daemon.map(str::to_owned), ready)?;
        let hosts = Hosts { namespace };
        reach::prepare(&hosts)?;
        Ok(hosts)
    }

    /// Passes what the hosts' apt asks for on to the machine's mirror, and nothing else, until they end.
    ///
    /// # Errors
    /// No mirror is known, or the port is taken: someone does it already.
    pub fn serve_packages(&self) -> Result<(), Failure> {
        packages::serve(&self.namespace)
    }

    /// Boots hosts until there are so many; those that are there already stay as they are. They boot side by side.
    ///
    /// # Errors
    /// No packages to be had, more than nine, or a host that does not come up.
    pub fn up_to(&self, count: usize, suite: Suite, python: Python) -> Result<(), Failure> {
        if count > MOST {
            return Err(Failure::new("booting hosts", format!("there can be at most {MOST}")));
        }
        let missing: Vec<usize> = (1..=count).filter(|number| !self.home(*number).exists()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let tree = tree(suite, python)?;
        let mut booting = Vec::new();
        for number in missing {
            let host = Host::new(self, number);
            host.prepare(&tree)?;
            host.start()?;
            booting.push(host);
        }
        reach::write(self)?;
        booting.iter().try_for_each(Host::wait)
    }

    /// All hosts, in the order of their names.
    pub fn all(&self) -> Vec<Host<'_>> {
        (1..=MOST).filter(|number| self.home(*number).exists()).map(|number| Host::new(self, number)).collect()
    }

    /// The host of this name: `h1`, `h2` …
    ///
    /// # Errors
    /// There is none.
    pub fn host(&self, name: &str) -> Result<Host<'_>, Failure> {
        let found = self.all().into_iter().find(|host| host.name() == name);
        found.ok_or_else(|| Failure::new(&format!("looking for the host {name}"), "there is none of this name"))
    }

    /// The Ansible inventory: `ansible-playbook -i` it. It has the group `without_python`, and for each host the
    /// variable `address`.
    pub fn inventory(&self) -> PathBuf {
        self.place().join("inventory.yml")
    }

    /// The configuration with which `ssh -F` reaches the hosts by their names.
    pub fn ssh_config(&self) -> PathBuf {
        self.place().join("ssh_config")
    }

    /// A command that runs `program` of the machine in the network namespace of the bridge, from which all hosts' ports
    /// answer.
    pub fn exec_in_namespace(&self, program: &str) -> Command {
        self.namespace.command(program)
    }

    fn place(&self) -> &Path {
        self.namespace.place()
    }

    fn home(&self, number: usize) -> PathBuf {
        self.place().join(format!("hosts/h{number}"))
    }

    /// The control group of this fixture, by which its processes are known from others'.
    fn cgroup(&self) -> Result<String, Failure> {
        let inode = fs::metadata(self.place()).map_err(|error| Failure::new("reading the hosts' folder", error))?.ino();
        // The namespace's cleaner knows it by its beginning.
        let name = self.place().file_name().unwrap_or_default().to_string_lossy();
        Ok(format!("cdgp-{name}-{inode}"))
    }
}

/// The root file system that hosts of this kind share.
fn tree(suite: Suite, python: Python) -> Result<PathBuf, Failure> {
    let make = Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts/make-tree");
    let doing = format!("making a Debian {} for the hosts", suite.name());
    let python = match python {
        Python::With => "python",
        Python::Without => "no-python",
    };
    let output = Command::new(make)
        .args([suite.name(), python])
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(&doing, error))?;
    if !output.status.success() {
        return Err(Failure::new(&doing, "its own words are above"));
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

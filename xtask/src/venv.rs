//! Ansible and its checkers in a virtual environment under target/, and the Debian packages that the verbs need.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// What a verb does that needs something of the machine; each also needs all before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Runs Ansible.
    Ansible,
    /// Runs the demo on an engine that is there.
    Demo,
    /// Starts engines of its own.
    Engine,
    /// Boots hosts of its own.
    Hosts,
    /// Checks everything.
    Tests,
}

/// What goes into the virtual environment: ansible-core is the newest that the machine's Python can run; the last two
/// are what its validate-modules imports.
const REQUIREMENTS: [(Need, &str); 4] = [
    (Need::Ansible, "ansible-core>=2.17,<2.22"),
    (Need::Tests, "ansible-lint==26.10.1"),
    (Need::Tests, "antsibull-docs-parser>=1,<2"),
    (Need::Tests, "voluptuous<1"),
];

/// The Debian packages, each with a file that it brings.
const PACKAGES: [(Need, &str, &str); 18] = [
    (Need::Tests, "acl", "/usr/bin/setfacl"),
    (Need::Tests, "attr", "/usr/bin/setfattr"),
    (Need::Tests, "btrfs-progs", "/sbin/mkfs.btrfs"),
    (Need::Tests, "busybox-static", "/bin/busybox"),
    (Need::Ansible, "ca-certificates", "/etc/ssl/certs/ca-certificates.crt"),
    (Need::Engine, "curl", "/usr/bin/curl"),
    (Need::Ansible, "gcc", "/usr/bin/cc"),
    (Need::Tests, "git", "/usr/bin/git"),
    (Need::Engine, "iproute2", "/usr/bin/ip"),
    (Need::Engine, "iptables", "/usr/sbin/iptables"),
    (Need::Demo, "mmdebstrap", "/usr/bin/mmdebstrap"),
    (Need::Hosts, "openssh-client", "/usr/bin/ssh"),
    (Need::Tests, "podman", "/usr/bin/podman"),
    (Need::Ansible, "python3-venv", "/usr/share/doc/python3-venv"),
    (Need::Tests, "sudo", "/usr/bin/sudo"),
    (Need::Engine, "util-linux", "/usr/bin/unshare"),
    (Need::Tests, "xfsprogs", "/sbin/mkfs.xfs"),
    (Need::Engine, "xz-utils", "/usr/bin/xz"),
];

/// The virtual environment, made when it is not there or lacks what the need asks for.
pub fn ensure(workspace: &Workspace, need: Need) -> Result<PathBuf> {
    let venv = workspace.target.join("venv");
    let stamp = venv.join("requirements.txt");
    let wanted: Vec<&str> =
        REQUIREMENTS.iter().filter(|(whose, _)| *whose <= need).map(|(_, requirement)| *requirement).collect();
    let present = fs::read_to_string(&stamp).unwrap_or_default();
    if wanted.iter().all(|requirement| present.lines().any(|line| line == *requirement)) {
        return Ok(venv);
    }
    packages(need)?;
    println!("installing {} into {}", wanted.join(", "), venv.display());
    process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    let pip = venv.join("bin/pip");
    process::run(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check"]).args(&wanted))?;
    fs::write(&stamp, wanted.join("\n")).with_context(|| format!("writing {}", stamp.display()))?;
    Ok(venv)
}

/// Installs the Debian packages that are missing.
pub fn packages(need: Need) -> Result<()> {
    let needed = PACKAGES.iter().filter(|(whose, _, _)| *whose <= need);
    let missing: Vec<&str> =
        needed.filter(|(_, _, file)| !Path::new(file).exists()).map(|(_, package, _)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let words = missing.join(" ");
    if !Path::new("/usr/bin/apt-get").exists() || !is_root()? {
        bail!("these Debian packages are missing: {words}. As root: apt-get install {words}");
    }
    println!("installing {words}");
    let apt = |words: &[&str]| {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet=2").args(words).stdout(Stdio::null());
        process::run(&mut command)
    };
    apt(&["update"])?;
    apt(&[&["install", "--yes", "--no-install-recommends"], missing.as_slice()].concat())
}

/// Whether we may install packages and start engines.
pub fn is_root() -> Result<bool> {
    Ok(process::output(Command::new("id").arg("-u"))?.trim() == "0")
}

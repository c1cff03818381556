//! Ansible and its checkers in a virtual environment under target/, and the Debian packages that the verbs need.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// What goes into the virtual environment: ansible-core is the newest that the machine's Python can run; the last two
/// are what its validate-modules imports.
const REQUIREMENTS: [&str; 4] =
    ["ansible-core>=2.17,<2.22", "ansible-lint==26.10.1", "antsibull-docs-parser>=1,<2", "voluptuous<1"];

/// The Debian packages that building and testing use, each with a file that it brings.
const PACKAGES: [(&str, &str); 13] = [
    ("acl", "/usr/bin/setfacl"),
    ("busybox-static", "/bin/busybox"),
    ("ca-certificates", "/etc/ssl/certs/ca-certificates.crt"),
    ("curl", "/usr/bin/curl"),
    ("gcc", "/usr/bin/cc"),
    ("git", "/usr/bin/git"),
    ("iproute2", "/usr/bin/ip"),
    ("iptables", "/usr/sbin/iptables"),
    ("openssh-client", "/usr/bin/ssh"),
    ("python3-venv", "/usr/share/doc/python3-venv"),
    ("sudo", "/usr/bin/sudo"),
    ("util-linux", "/usr/bin/unshare"),
    ("xz-utils", "/usr/bin/xz"),
];

/// The virtual environment, made when it is not there or was made for other requirements.
pub fn ensure(workspace: &Workspace) -> Result<PathBuf> {
    let venv = workspace.target.join("venv");
    let stamp = venv.join("requirements.txt");
    let wanted = REQUIREMENTS.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|present| present == wanted) {
        return Ok(venv);
    }
    packages()?;
    println!("installing {} into {}", REQUIREMENTS.join(", "), venv.display());
    process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    let pip = venv.join("bin/pip");
    process::run(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check"]).args(REQUIREMENTS))?;
    fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))?;
    Ok(venv)
}

/// Installs the Debian packages that are missing.
pub fn packages() -> Result<()> {
    let missing: Vec<&str> =
        PACKAGES.iter().filter(|(_, file)| !Path::new(file).exists()).map(|(package, _)| *package).collect();
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

/// Whether we may install packages.
fn is_root() -> Result<bool> {
    Ok(process::output(Command::new("id").arg("-u"))?.trim() == "0")
}

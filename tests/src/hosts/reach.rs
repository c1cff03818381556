//! How the machine reaches the hosts: keys, ssh's configuration, and an Ansible inventory.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::Hosts;
use crate::Failure;

/// What is there before any host: the machine's key, and the way to the bridge.
pub(super) fn prepare(hosts: &Hosts) -> Result<(), Failure> {
    let place = hosts.place();
    make_key(&place.join("id_ed25519"), "machine")?;
    // Bash speaks TCP by itself. When the host hangs up, so does this; ssh ends it in the other case.
    let script = format!(
        "#!/bin/bash\nexec nsenter --net --target {} -- bash -c 'exec 3<>\"/dev/tcp/192.168.77.$((10 + ${{1#h}}))/22\" || \
         exit 1; cat <&3 & cat >&3; kill $! 2>/dev/null' bash \"$1\"\n",
        hosts.namespace.pid()
    );
    let reach = place.join("reach");
    let written =
        fs::write(&reach, script).and_then(|()| fs::set_permissions(reach, fs::Permissions::from_mode(0o755)));
    written.map_err(|error| Failure::new("writing how hosts are reached", error))?;
    write(hosts)
}

pub(super) fn make_key(path: &Path, comment: &str) -> Result<(), Failure> {
    let doing = "making a key with ssh-keygen";
    let mut command = Command::new("ssh-keygen");
    let done = command.args(["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f"]).arg(path).output();
    let done = done.map_err(|error| Failure::new(doing, error))?;
    if done.status.success() { Ok(()) } else { Err(Failure::new(doing, String::from_utf8_lossy(&done.stderr).trim())) }
}

/// Writes ssh's configuration and the inventory for the hosts that there are.
pub(super) fn write(hosts: &Hosts) -> Result<(), Failure> {
    let place = hosts.place();
    let at = place.display();
    let config = format!(
        "Host h*\n  User root\n  IdentityFile \"{at}/id_ed25519\"\n  IdentitiesOnly yes\n  UserKnownHostsFile \
         \"{at}/known_hosts\"\n  StrictHostKeyChecking yes\n  ServerAliveInterval 2\n  \
         ServerAliveCountMax 3\n  ProxyCommand \"{at}/reach\" %h\n  LogLevel ERROR\n"
    );
    let mut known = String::new();
    let mut inventory = format!(
        "# Written by the fixture; it goes with the hosts.\nall:\n  vars:\n    ansible_user: root\n    \
         ansible_ssh_common_args: -F '{at}/ssh_config'\n    ansible_control_path_dir: {at}/cp\n  hosts:\n"
    );
    // The connections that Ansible keeps are its own for each fixture: others have an h1 too.
    let mut without = String::new();
    for host in hosts.all() {
        let (name, address) = (host.name(), host.address());
        // Writing to a String can't fail.
        let _ = write!(known, "{name} {}", host.public_key()?);
        let _ = writeln!(inventory, "    {name}:\n      address: {address}");
        if host.has_python() {
            inventory += "      ansible_python_interpreter: /usr/bin/python3\n";
        } else {
            let _ = writeln!(without, "        {name}:");
        }
    }
    if !without.is_empty() {
        let _ = writeln!(inventory, "  children:\n    without_python:\n      hosts:\n{without}");
    }
    for (file, text) in [("ssh_config", config), ("known_hosts", known), ("inventory.yml", inventory)] {
        fs::write(place.join(file), text).map_err(|error| Failure::new(&format!("writing {file}"), error))?;
    }
    Ok(())
}

//! What makes the firewall outlive a restart of the host, and restarts of those who flush rules.
//!
//! A program, what it restores, and units of systemd that call it: at boot before the network and Docker; after Docker,
//! netfilter-persistent or firewalld have been started again; and each minute, for those who flush without a word.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ansible::Failure;
use serde::{Deserialize, Serialize};

use super::kernel::{Held, Tool, run};
use super::place;

/// The program on the target, which is this one.
pub const PROGRAM: &str = "/usr/local/sbin/cdgp-firewall";
const RULES: &str = "/var/lib/cdgp.docker/firewall/rules.json";
const UNITS: &str = "/etc/systemd/system";
/// Where netfilter-persistent looks for those who restore and flush with it. Source: netfilter-persistent(8).
const PLUGINS: &str = "/usr/share/netfilter-persistent/plugins.d";

/// What is restored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub tool: Tool,
    pub held: Held,
}

/// A file: its content, and whether it is a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    content: Vec<u8>,
    program: bool,
}

/// Files by path.
pub type Files = BTreeMap<PathBuf, Kind>;

/// What was kept last.
///
/// # Errors
/// The file can't be read.
pub fn kept() -> Result<Option<Kept>, Failure> {
    place::read(Path::new(RULES))
}

/// The files that keep these rules.
///
/// # Errors
/// This program can't be read.
pub fn files(kept: &Kept) -> Result<Files, Failure> {
    let own = fs::read("/proc/self/exe").map_err(|error| Failure::new(format!("reading this program: {error}")))?;
    let text = |content: &str| Kind { content: content.as_bytes().to_vec(), program: false };
    let rules = Kind { content: serde_json::to_vec(kept)?, program: false };
    let mut files: Files =
        [(PathBuf::from(RULES), rules), (PathBuf::from(PROGRAM), Kind { content: own, program: true })].into();
    if Path::new(UNITS).is_dir() {
        for (name, content) in [
            ("cdgp-firewall.service", SERVICE),
            ("cdgp-firewall-check.service", CHECK),
            ("cdgp-firewall-check.timer", TIMER),
            ("docker.service.d/cdgp-firewall.conf", DOCKER),
        ] {
            files.insert(Path::new(UNITS).join(name), text(content));
        }
    }
    if Path::new(PLUGINS).is_dir() {
        files.insert(plugin(), Kind { content: PLUGIN.as_bytes().to_vec(), program: true });
    }
    Ok(files)
}

fn plugin() -> PathBuf {
    Path::new(PLUGINS).join("90-cdgp-firewall")
}

/// Those of our files that are there.
pub fn present() -> Files {
    let units = [
        "cdgp-firewall.service",
        "cdgp-firewall-check.service",
        "cdgp-firewall-check.timer",
        "docker.service.d/cdgp-firewall.conf",
    ];
    let paths = units.iter().map(|name| Path::new(UNITS).join(name)).chain([RULES.into(), PROGRAM.into(), plugin()]);
    paths
        .filter_map(|path| {
            let program = path.metadata().ok()?.permissions().mode() & 0o111 != 0;
            Some((path.clone(), Kind { content: fs::read(&path).ok()?, program }))
        })
        .collect()
}

/// Writes what differs, removes what is not wanted, and tells systemd.
///
/// # Errors
/// The file system or systemd refuses.
pub fn bring_to(wanted: &Files) -> Result<(), Failure> {
    let present = present();
    let running = Path::new("/run/systemd/system").is_dir();
    let units = |files: &Files| files.keys().any(|path| path.starts_with(UNITS));
    let enabled = [("cdgp-firewall.service", "multi-user.target"), ("cdgp-firewall-check.timer", "timers.target")];
    if !units(wanted) && units(&present) && running {
        // Without this, systemd would go on with units that have no file.
        run("systemctl", &["stop", "cdgp-firewall-check.timer", "cdgp-firewall.service"], None)?;
    }
    for (path, kind) in wanted {
        if present.get(path) != Some(kind) {
            place::replace(path, &kind.content, mode(path, kind.program))?;
        }
    }
    for path in present.keys().filter(|path| !wanted.contains_key(*path)) {
        place::remove(path)?;
    }
    for (unit, target) in enabled {
        let link = Path::new(UNITS).join(format!("{target}.wants")).join(unit);
        if !units(wanted) {
            place::remove(&link)?;
        } else if fs::read_link(&link).is_err() {
            let failed = |error: std::io::Error| Failure::new(format!("enabling {unit}: {error}"));
            if let Some(folder) = link.parent() {
                fs::create_dir_all(folder).map_err(failed)?;
            }
            std::os::unix::fs::symlink(Path::new(UNITS).join(unit), &link).map_err(failed)?;
        }
    }
    if running && (units(wanted) || units(&present)) {
        run("systemctl", &["daemon-reload"], None)?;
        if units(wanted) {
            run("systemctl", &["start", "--no-block", "cdgp-firewall.service", "cdgp-firewall-check.timer"], None)?;
        }
    }
    Ok(())
}

fn mode(path: &Path, program: bool) -> u32 {
    if program {
        0o755
    } else if path.starts_with(place::STATE) {
        0o600
    } else {
        0o644
    }
}

/// `PartOf` and `ReloadPropagatedFrom`: who restarts or reloads one of those, restarts or reloads us after it.
const SERVICE: &str = "\
# Made by cdgp.docker.firewall.
[Unit]
Description=Firewall of cdgp.docker
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target docker.service shutdown.target
After=local-fs.target netfilter-persistent.service nftables.service iptables.service ip6tables.service ipset.service firewalld.service ufw.service
PartOf=netfilter-persistent.service nftables.service iptables.service ip6tables.service firewalld.service
ReloadPropagatedFrom=netfilter-persistent.service nftables.service iptables.service ip6tables.service firewalld.service
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/cdgp-firewall restore
ExecReload=/usr/local/sbin/cdgp-firewall restore

[Install]
WantedBy=multi-user.target
";

const CHECK: &str = "\
# Made by cdgp.docker.firewall.
[Unit]
Description=Look whether somebody has flushed the firewall of cdgp.docker
After=cdgp-firewall.service

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/cdgp-firewall restore
";

const TIMER: &str = "\
# Made by cdgp.docker.firewall.
[Unit]
Description=Look whether somebody has flushed the firewall of cdgp.docker

[Timer]
OnActiveSec=1min
OnUnitInactiveSec=1min
AccuracySec=10s

[Install]
WantedBy=timers.target
";

/// Docker puts its own rules first when it starts; a failure of ours is no reason to be without Docker.
const DOCKER: &str = "\
# Made by cdgp.docker.firewall.
[Unit]
Wants=cdgp-firewall.service
After=cdgp-firewall.service

[Service]
ExecStartPost=-/usr/local/sbin/cdgp-firewall restore
";

const PLUGIN: &str = "\
#!/bin/sh
# Made by cdgp.docker.firewall. netfilter-persistent has restored or flushed the rules: ours come back.
case \"$1\" in
start | restart | reload | force-reload | flush) exec /usr/local/sbin/cdgp-firewall restore ;;
esac
";

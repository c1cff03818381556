//! `volumes units` and `volumes prime`: the plug-in under systemd.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ansible::Tool;
use ansible::clap::{Arg, ArgMatches, Command, value_parser};
use docker::{Connection, Engine};

use super::by_hand::show;
use super::serve::SOCKET;
use super::store::ROOT;
use crate::trouble::{Doing, Result, trouble};

pub const TOOL: Tool = Tool {
    name: "units",
    about: "The plug-in's systemd units: prints them, or installs them and this binary",
    arguments,
    run: |given| Box::pin(async move { Ok(run(&given)?) }),
};

pub const PRIME: Tool = Tool {
    name: "prime",
    about: "Makes the engine look at its volume plug-ins, so that a swarm knows that this node has them",
    arguments: |command| {
        let seconds = Arg::new("timeout").long("timeout").value_name("SECONDS").default_value("60");
        command.arg(seconds.value_parser(value_parser!(u64)).help("wait so long for the engine"))
    },
    run: |given| Box::pin(async move { Ok(prime(given.get_one("timeout").copied().unwrap_or(60)).await?) }),
};

/// Where the binary is for the service: not the cache of Ansible tasks, which others clear.
const BINARY: &str = "/usr/local/sbin/cdgp-volumes";

fn arguments(command: Command) -> Command {
    command
        .arg(
            Arg::new("install")
                .long("install")
                .value_name("FOLDER")
                .num_args(0..=1)
                .default_missing_value("/etc/systemd/system")
                .value_parser(value_parser!(PathBuf))
                .help("write them there, and copy this binary to where the service starts it"),
        )
        .arg(
            Arg::new("binary")
                .long("binary")
                .value_name("PATH")
                .default_value(BINARY)
                .value_parser(value_parser!(PathBuf))
                .help("where the service finds the binary"),
        )
        .arg(Arg::new("root").long("root").value_name("PATH").default_value(ROOT).help("where the volumes are"))
        .arg(
            Arg::new("group")
                .long("group")
                .value_name("NAME")
                .help("let this group use the socket too (mode 0660); by default root alone (0600)"),
        )
        .arg(
            Arg::new("metrics")
                .long("metrics")
                .value_name("ADDRESS")
                .help("serve metrics for Prometheus at unix:PATH or 127.0.0.1:PORT"),
        )
        .after_help(
            "After --install: systemctl daemon-reload && systemctl enable --now cdgp-volumes.socket cdgp-volumes-prime.service",
        )
}

/// A unit: its name and text.
type Unit = (&'static str, String);

fn units(given: &ArgMatches) -> Result<[Unit; 3]> {
    let word = |name: &str| given.get_one::<String>(name).map(String::as_str);
    let binary = given.get_one::<PathBuf>("binary").map_or(Path::new(BINARY), PathBuf::as_path);
    let binary = quoted(&binary.to_string_lossy())?;
    let root = quoted(word("root").unwrap_or(ROOT))?;
    let metrics = word("metrics").map(|address| Ok(format!(" --metrics {}", quoted(address)?))).transpose()?;
    let access = match word("group") {
        Some(group) => format!("SocketMode=0660\nSocketGroup={}", quoted(group)?),
        None => "SocketMode=0600".to_owned(),
    };
    let socket = format!(
        "[Unit]\n\
         Description=Socket of the volume plug-in cdgp\n\
         Before=docker.service\n\
         \n\
         [Socket]\n\
         ListenStream={SOCKET}\n\
         {access}\n\
         DirectoryMode=0755\n\
         \n\
         [Install]\n\
         WantedBy=sockets.target\n"
    );
    let service = format!(
        "[Unit]\n\
         Description=Volume plug-in cdgp for Docker\n\
         # No Requires=docker.service: the plug-in is there before the engine, and outlives it.\n\
         Requires=cdgp-volumes.socket\n\
         After=cdgp-volumes.socket local-fs.target remote-fs.target\n\
         Before=docker.service\n\
         \n\
         [Service]\n\
         Type=notify\n\
         ExecStart={binary} serve --root {root}{}\n\
         Restart=always\n\
         RestartSec=1\n\
         OOMScoreAdjust=-500\n\
         LimitNOFILE=65536\n\
         # What would give it mounts of its own (PrivateTmp, ProtectSystem and the like) would hide its volumes from the engine.\n\
         NoNewPrivileges=yes\n\
         \n\
         [Install]\n\
         WantedBy=multi-user.target\n\
         Also=cdgp-volumes.socket\n",
        metrics.unwrap_or_default()
    );
    let prime = format!(
        "[Unit]\n\
         Description=Tells Docker of the volume plug-in cdgp\n\
         # With each start of the engine: a swarm knows the plug-ins of a node only after they were used.\n\
         After=docker.service\n\
         PartOf=docker.service\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         RemainAfterExit=yes\n\
         ExecStart={binary} prime\n\
         \n\
         [Install]\n\
         WantedBy=docker.service\n"
    );
    Ok([("cdgp-volumes.socket", socket), ("cdgp-volumes.service", service), ("cdgp-volumes-prime.service", prime)])
}

/// A word of a command in a unit. Source: systemd.service(5), "Command lines".
fn quoted(word: &str) -> Result<String> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-:@+,[]=".contains(letter);
    if word.is_empty() || !word.chars().all(plain) {
        return Err(trouble!("{word:?} can't stand in a unit: letters, digits and /._-:@+,[]= can"));
    }
    Ok(word.to_owned())
}

fn run(given: &ArgMatches) -> Result<()> {
    let units = units(given)?;
    let Some(folder) = given.get_one::<PathBuf>("install") else {
        return show(&units.map(|(name, text)| format!("# {name}\n{text}")).join("\n"));
    };
    let binary = given.get_one::<PathBuf>("binary").map_or(Path::new(BINARY), PathBuf::as_path);
    let own = fs::read("/proc/self/exe").doing(|| "reading this binary")?;
    let mut changed = Vec::new();
    changed.extend(put(binary, &own, 0o755)?);
    for (name, text) in units {
        changed.extend(put(&folder.join(name), text.as_bytes(), 0o644)?);
    }
    show(&changed.iter().map(|path| format!("wrote {}\n", path.display())).collect::<String>())
}

/// Writes a file whole, unless it is so already. What was written.
fn put(path: &Path, content: &[u8], mode: u32) -> Result<Option<PathBuf>> {
    let doing = || format!("writing {}", path.display());
    let right_mode = path.metadata().is_ok_and(|facts| facts.permissions().mode() & 0o7777 == mode);
    if right_mode && fs::read(path).is_ok_and(|there| there == content) {
        return Ok(None);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).doing(doing)?;
    }
    // A running binary can't be written to, but it can be replaced.
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    fs::write(&new, content).doing(doing)?;
    fs::set_permissions(&new, Permissions::from_mode(mode)).doing(doing)?;
    fs::File::open(&new).and_then(|file| file.sync_all()).doing(doing)?;
    fs::rename(&new, path).doing(doing)?;
    Ok(Some(path.to_owned()))
}

/// One list of the volumes is enough: the engine asks all plug-ins that it finds.
async fn prime(seconds: u64) -> Result<()> {
    let connection = Connection::from_environment();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(seconds);
    loop {
        let asked = async { Engine::connect(&connection).await?.get("/volumes", &[]).await };
        match asked.await {
            Ok(answer) => {
                for warning in answer["Warnings"].as_array().into_iter().flatten().filter_map(|text| text.as_str()) {
                    eprintln!("{warning}");
                }
                return Ok(());
            }
            Err(error) if tokio::time::Instant::now() > deadline => return Err(error).doing(|| "asking the engine"),
            Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }
}

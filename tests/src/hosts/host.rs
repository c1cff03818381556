//! One host: how it is made, booted, killed, cut off and asked.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{Hosts, MOST};
use crate::{Failure, image};

/// How long a host may take to boot, or to end.
const PATIENCE: Duration = Duration::from_secs(90);

/// A host of a [`Hosts`].
#[derive(Debug)]
pub struct Host<'a> {
    hosts: &'a Hosts,
    number: usize,
    name: String,
    home: PathBuf,
}

impl<'a> Host<'a> {
    pub(super) fn new(hosts: &'a Hosts, number: usize) -> Host<'a> {
        Host { hosts, number, name: format!("h{number}"), home: hosts.home(number) }
    }

    /// Its name, for which it answers in DNS too: `h1`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address on the bridge.
    pub fn address(&self) -> String {
        format!("192.168.77.{}", 10 + self.number)
    }

    /// Whether it was made with a Python.
    pub fn has_python(&self) -> bool {
        self.tree().is_ok_and(|tree| tree.join("usr/bin/python3").exists())
    }

    fn failed(&self, doing: &str, reason: impl std::fmt::Display) -> Failure {
        Failure::new(&format!("{doing} {}", self.name), reason)
    }

    fn tree(&self) -> Result<PathBuf, Failure> {
        let text = fs::read_to_string(self.home.join("tree"));
        text.map(PathBuf::from).map_err(|error| self.failed("reading the tree of", error))
    }

    /// Makes what is the host's own: its names, keys and the machine's ID, in the layer that it writes into.
    pub(super) fn prepare(&self, tree: &Path) -> Result<(), Failure> {
        let made = || -> io::Result<()> {
            let upper = self.home.join("upper");
            let put = |path: &str, mode: u32, text: &str| -> io::Result<()> {
                let path = upper.join(path);
                fs::create_dir_all(path.parent().unwrap_or(&upper))?;
                fs::write(&path, text)?;
                fs::set_permissions(&path, fs::Permissions::from_mode(mode))
            };
            put("etc/hostname", 0o644, &format!("{}\n", self.name))?;
            let all: String =
                (1..=MOST).map(|n| format!("192.168.77.{} h{n}\nfd00:77::{} h{n}\n", 10 + n, 10 + n)).collect();
            put("etc/hosts", 0o644, &format!("127.0.0.1 localhost\n::1 localhost\n{all}"))?;
            // Nobody answers there, and says so at once. Without a server an engine would take a public one.
            put("etc/resolv.conf", 0o644, "nameserver 192.168.77.1\noptions timeout:1 attempts:1\n")?;
            let id = fs::read_to_string("/proc/sys/kernel/random/uuid")?.replace('-', "");
            put("etc/machine-id", 0o444, &id)?;
            let key = fs::read_to_string(self.hosts.place().join("id_ed25519.pub"))?;
            put("root/.ssh/authorized_keys", 0o600, &key)?;
            put("home/admin/.ssh/authorized_keys", 0o600, &key)?;
            for (folder, mode) in
                [("root", 0o700), ("root/.ssh", 0o700), ("home/admin", 0o755), ("home/admin/.ssh", 0o700)]
            {
                fs::set_permissions(upper.join(folder), fs::Permissions::from_mode(mode))?;
            }
            for path in ["home/admin", "home/admin/.ssh", "home/admin/.ssh/authorized_keys"] {
                chown(upper.join(path), Some(1000), Some(1000))?;
            }
            fs::create_dir_all(upper.join("etc/ssh"))?;
            fs::write(self.home.join("tree"), tree.as_os_str().as_encoded_bytes())
        };
        made().map_err(|error| self.failed("preparing", error))?;
        super::reach::make_key(&self.home.join("upper/etc/ssh/ssh_host_ed25519_key"), &self.name)
    }

    /// The host's public key.
    pub(super) fn public_key(&self) -> Result<String, Failure> {
        let path = self.home.join("upper/etc/ssh/ssh_host_ed25519_key.pub");
        fs::read_to_string(path).map_err(|error| self.failed("reading the key of", error))
    }

    /// Switches it on, where it is off: it boots with what it had written. Does not wait.
    ///
    /// # Errors
    /// It can't be started.
    pub fn start(&self) -> Result<(), Failure> {
        if self.init().is_some() {
            return Ok(());
        }
        let log = fs::File::options().create(true).append(true).open(self.home.join("log"));
        let log = log.map_err(|error| self.failed("starting", error))?;
        let errors = log.try_clone().map_err(|error| self.failed("starting", error))?;
        let mut command = self.hosts.namespace.command_inside(Path::new("bash"));
        command.arg(self.hosts.place().join("host.sh")).arg("run").arg(self.hosts.place()).arg(&self.name);
        command.arg((10 + self.number).to_string()).arg(self.tree()?).arg(self.hosts.cgroup()?);
        // A Ctrl-C in the terminal is not for the hosts.
        command.stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0);
        let mut child = command.spawn().map_err(|error| self.failed("starting", error))?;
        // It ends with the host; somebody must have waited for it.
        std::thread::spawn(move || child.wait());
        let deadline = Instant::now() + PATIENCE;
        while self.init().is_none() {
            if Instant::now() > deadline {
                return Err(self.failed("starting", format!("no first process; {}", self.log())));
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Waits until it has booted and answers by ssh.
    ///
    /// # Errors
    /// It does not, or a unit of it has failed: the message names it.
    pub fn wait(&self) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let state =
                self.exec("systemctl", &["is-system-running"]).map(|done| text(&done.stdout)).unwrap_or_default();
            match state.as_str() {
                "running" => return Ok(()),
                "degraded" => {
                    let failed = self.exec("systemctl", &["--failed", "--no-legend", "--plain"])?;
                    return Err(self.failed("booting", format!("units have failed:\n{}", text(&failed.stdout))));
                }
                _ if self.init().is_none() => {
                    return Err(self.failed("booting", format!("it has ended; {}", self.log())));
                }
                _ if Instant::now() > deadline => {
                    let jobs =
                        self.exec("systemctl", &["list-jobs"]).map(|done| text(&done.stdout)).unwrap_or_default();
                    return Err(self.failed("booting", format!("it is still `{state}`:\n{jobs}\n{}", self.log())));
                }
                _ => sleep(Duration::from_millis(100)),
            }
        }
    }

    /// Reboots it as an administrator does, and waits until it is up again.
    ///
    /// # Errors
    /// It does not end, or does not come up again.
    pub fn reboot(&self) -> Result<(), Failure> {
        let before = self.init();
        // The command dies with the host, or just before.
        let _ = self.exec("systemctl", &["reboot"])?;
        let deadline = Instant::now() + PATIENCE;
        while self.init().is_none_or(|now| Some(now) == before) {
            if Instant::now() > deadline {
                return Err(self.failed("rebooting", format!("it did not end and begin again; {}", self.log())));
            }
            sleep(Duration::from_millis(50));
        }
        self.wait()
    }

    /// Cuts its power. [`Host::start`] switches it on again.
    ///
    /// # Errors
    /// It does not end.
    pub fn kill(&self) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        while let Some(init) = self.init() {
            if let Some(pid) = Pid::from_raw(init) {
                // It may have ended in between.
                let _ = kill_process(pid, Signal::KILL);
            }
            if Instant::now() > deadline {
                return Err(self.failed("killing", "it does not end"));
            }
            sleep(Duration::from_millis(20));
        }
        // The kernel takes a moment to take its network apart, and would answer until then. It may be quicker.
        let mut command = self.hosts.exec_in_namespace("ip");
        let unplugged = command.args(["link", "del", &format!("p-{}", self.name)]).output();
        unplugged.map(drop).map_err(|error| self.failed("unplugging", error))
    }

    /// Cuts it off from the other hosts; the machine still reaches it, and it the fixture's registry and packages.
    ///
    /// # Errors
    /// The bridge's filter refuses.
    pub fn partition(&self) -> Result<(), Failure> {
        self.heal()?;
        self.filter("-A")
    }

    /// Ends what [`Host::partition`] did.
    ///
    /// # Errors
    /// The bridge's filter can't be read.
    pub fn heal(&self) -> Result<(), Failure> {
        let listed = self.hosts.exec_in_namespace("ebtables-nft").args(["-L", "FORWARD"]).output();
        let listed = listed.map_err(|error| self.failed("healing", error))?;
        if text(&listed.stdout).contains(&format!("-i p-{} ", self.name)) { self.filter("-D") } else { Ok(()) }
    }

    fn filter(&self, verb: &str) -> Result<(), Failure> {
        for direction in ["-i", "-o"] {
            let mut command = self.hosts.exec_in_namespace("ebtables-nft");
            let done = command.args([verb, "FORWARD", direction, &format!("p-{}", self.name), "-j", "DROP"]).output();
            let done = done.map_err(|error| self.failed("partitioning", error))?;
            if !done.status.success() {
                return Err(self.failed("partitioning", text(&done.stderr)));
            }
        }
        Ok(())
    }

    /// Runs a program of the host in it, without ssh, and waits for it.
    ///
    /// # Errors
    /// The host is off.
    pub fn exec(&self, program: &str, arguments: &[&str]) -> Result<Output, Failure> {
        let mut command = self.command(program)?;
        command.args(arguments).stdin(Stdio::null()).output().map_err(|error| self.failed("asking", error))
    }

    /// What a program of the host prints, without the last line's end.
    ///
    /// # Errors
    /// The host is off, or the program fails: its own words are in the message.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Result<String, Failure> {
        let done = self.exec(program, arguments)?;
        if !done.status.success() {
            let words = format!("{program} {}: {}{}", arguments.join(" "), text(&done.stdout), text(&done.stderr));
            return Err(self.failed("on", words));
        }
        Ok(text(&done.stdout))
    }

    /// A command that runs a program of the host in it, without ssh.
    ///
    /// # Errors
    /// The host is off.
    pub fn command(&self, program: &str) -> Result<Command, Failure> {
        let init = self.init().ok_or_else(|| self.failed("asking", "it is off"))?;
        let mut command = Command::new("nsenter");
        command.args(["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--target", &init.to_string(), "--"]);
        // What the host itself may not: set the machine's clock.
        command.args(["setpriv", "--bounding-set", "-sys_time,-sys_module"]);
        command.env_clear().env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").arg(program);
        Ok(command)
    }

    /// An ssh client that reaches it.
    pub fn ssh(&self) -> Command {
        let mut command = Command::new("ssh");
        command.arg("-F").arg(self.hosts.ssh_config()).arg(&self.name);
        command
    }

    /// The address of its engine for `docker_host`, reachable from the machine; another one after each boot.
    ///
    /// # Errors
    /// The host is off.
    pub fn docker_host(&self) -> Result<String, Failure> {
        let init = self.init().ok_or_else(|| self.failed("asking the engine of", "it is off"))?;
        Ok(format!("unix:///proc/{init}/root/run/docker.sock"))
    }

    /// Loads a small image with BusyBox into its engine, under `name` (`repository:tag`). Its programs can ask DNS.
    ///
    /// # Errors
    /// The host is off, or its engine refuses.
    pub fn load_image(&self, name: &str) -> Result<(), Failure> {
        image::import_of_tree(self.command("docker")?, name, &self.tree()?)
    }

    /// The pid, as the machine has it, of the host's first process; none while it is off.
    fn init(&self) -> Option<i32> {
        let cgroup = format!("/{}/{}", self.hosts.cgroup().ok()?, self.name);
        let ours = |line: &str| line.ends_with(&cgroup) || line.contains(&format!("{cgroup}/"));
        fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            // proc(5): its pids from our namespace inwards, of which the fixture's and the host's are the next.
            let status = fs::read_to_string(entry.path().join("status")).ok()?;
            let pids = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
            let pids: Vec<&str> = pids.split_whitespace().collect();
            if pids.len() != 3 || pids[2] != "1" {
                return None;
            }
            fs::read_to_string(entry.path().join("cgroup")).ok()?.lines().any(ours).then_some(pid)
        })
    }

    fn log(&self) -> String {
        let log = fs::read_to_string(self.home.join("log")).unwrap_or_default();
        format!("its log:\n{log}")
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

//! `cargo xtask hosts`: whole hosts to try roles and swarms on, and away again.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use tests::hosts::{Host, Hosts, Python, Suite};

use crate::venv::{self, Need};
use crate::workspace::Workspace;

/// Hosts in namespaces of their own: systemd, sshd, a firewall, an engine each; nothing of this machine is touched.
///
/// They are h1, h2 … and know each other by these names. They have no way out; apt works, by the machine's mirror.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Boot hosts until there are so many, and write an inventory; the first time makes their Debian, which takes a minute.
    Up {
        /// How many, at most 9. Hosts that are up already count, and stay as they are.
        count: usize,
        /// The Debian of the new ones: bookworm has Docker 20.10, trixie 26.1.
        #[arg(long, default_value = "bookworm", value_parser = PossibleValuesParser::new(Suite::ALL.map(Suite::name)))]
        suite: String,
        /// The new ones have no Python.
        #[arg(long)]
        no_python: bool,
    },
    /// End all hosts; nothing is left of them.
    Down,
    /// A shell on a host, or one command.
    Ssh {
        /// Which: h1, h2 …
        name: String,
        /// What to run there.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Reboot a host as an administrator does, and wait until it is up.
    Reboot {
        /// Which.
        name: String,
    },
    /// Cut a host's power.
    Kill {
        /// Which.
        name: String,
    },
    /// Switch a host on again.
    Start {
        /// Which.
        name: String,
    },
    /// Cut a host off from the others; this machine still reaches it.
    Partition {
        /// Which.
        name: String,
    },
    /// End a partition.
    Heal {
        /// Which.
        name: String,
    },
    /// What runs beside the hosts as long as they do: their way to Debian packages.
    #[command(hide = true)]
    Serve,
}

/// Runs the verb.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let workspace = Workspace::read()?;
    let place = workspace.target.join("hosts");
    let found = || Hosts::find(&place)?.ok_or_else(|| anyhow!("no hosts are up: cargo xtask hosts up 3"));
    let with = |name: &str, act: fn(&Host) -> Result<(), tests::Failure>| -> Result<()> {
        let hosts = found()?;
        Ok(act(&hosts.host(name)?)?)
    };
    match &arguments.verb {
        Verb::Up { count, suite, no_python } => {
            let suite = Suite::ALL.into_iter().find(|known| known.name() == suite).unwrap_or(Suite::Bookworm);
            up(&workspace, *count, suite, if *no_python { Python::Without } else { Python::With })?;
        }
        Verb::Down => match Hosts::end_at(&place)? {
            true => println!("the hosts have ended, and all that was on them is gone"),
            false => println!("no hosts are up"),
        },
        Verb::Ssh { name, command } => {
            let hosts = found()?;
            return Err(hosts.host(name)?.ssh().args(command).exec()).context("starting ssh");
        }
        Verb::Reboot { name } => with(name, |host| host.reboot())?,
        Verb::Kill { name } => with(name, |host| host.kill())?,
        Verb::Start { name } => with(name, |host| host.start().and_then(|()| host.wait()))?,
        Verb::Partition { name } => with(name, |host| host.partition())?,
        Verb::Heal { name } => with(name, |host| host.heal())?,
        Verb::Serve => found()?.serve_packages()?,
    }
    Ok(ExitCode::SUCCESS)
}

fn up(workspace: &Workspace, count: usize, suite: Suite, python: Python) -> Result<()> {
    let start = Instant::now();
    venv::packages(Need::Hosts)?;
    let place = workspace.target.join("hosts");
    std::fs::create_dir_all(&workspace.target).context("making the target folder")?;
    if Hosts::find(&place)?.is_none() {
        Hosts::start_at(&place)?;
        let program = std::env::current_exe().context("looking for this program")?;
        let mut serve = Command::new(program);
        serve.args(["hosts", "serve"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        serve.process_group(0).spawn().context("starting the hosts' way to packages")?;
    }
    let hosts = Hosts::start_at(&place)?;
    hosts.up_to(count, suite, python)?;
    println!("after {:.1} s:", start.elapsed().as_secs_f32());
    for host in hosts.all() {
        println!("  {}  {}  {}", host.name(), host.address(), if host.has_python() { "Python" } else { "no Python" });
    }
    let inventory = hosts.inventory();
    println!("\n  ansible-playbook -i {} …\n  cargo xtask hosts ssh h1\n  cargo xtask hosts down", inventory.display());
    Ok(())
}

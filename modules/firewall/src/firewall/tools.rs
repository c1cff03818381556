//! `firewall status`, `show`, `explain`, `confirm`, `rollback` and `restore`: for an administrator, and for the units of systemd.

use std::net::{IpAddr, SocketAddr};

use ansible::clap::{Arg, ArgMatches, Command};
use ansible::{Failure, Tool, Working};

use super::declare::address::Family;
use super::explain::{self, Fate, Packet};
use super::guard;
use super::keep;
use super::kernel::Kernel;
use super::place;
use super::plan::shown;

pub const TOOLS: &[Tool] = &[
    Tool {
        name: "status",
        about: "Whether the firewall is in force, kept, and confirmed",
        arguments: none,
        run: |_| now(status),
    },
    Tool { name: "show", about: "The firewall's rules", arguments: none, run: |_| now(show) },
    Tool {
        name: "explain",
        about: "Which rule decides about a packet",
        arguments: packet,
        run: |matches| Box::pin(async move { explain(&matches) }),
    },
    Tool { name: "confirm", about: "Keep a change that waits to be confirmed", arguments: none, run: |_| now(confirm) },
    Tool {
        name: "rollback",
        about: "Take a change back that waits to be confirmed",
        arguments: none,
        run: |_| now(rollback),
    },
    Tool {
        name: "restore",
        about: "Bring the kept rules back where they are not in force",
        arguments: none,
        run: |_| now(restore),
    },
    Tool {
        name: "guard",
        about: "Take a change back when its time is over; the module starts this",
        arguments: id,
        run: guard,
    },
    crate::iptables_state::TOOL,
];

fn none(command: Command) -> Command {
    command
}

fn id(command: Command) -> Command {
    command.arg(Arg::new("id").required(true).help("The change's name"))
}

fn packet(command: Command) -> Command {
    let named = |name: &'static str, help: &'static str| Arg::new(name).required(true).help(help);
    command.args([
        named("protocol", "tcp, udp, icmp, or another's name or number"),
        named("from", "The address that it comes from; with a port, as in 192.0.2.7:40000, if that matters"),
        named("to", "The address that it goes to, and the port: 203.0.113.1:443, [2001:db8::1]:443"),
        Arg::new("in")
            .long("in")
            .value_name("INTERFACE")
            .help("The interface that it comes in by, if not that of the way back"),
        Arg::new("out")
            .long("out")
            .value_name("INTERFACE")
            .help("The interface that it leaves by, if not that of the routes"),
        Arg::new("local").long("local").num_args(0).help("The host itself sends it"),
    ])
}

fn explain(matches: &ArgMatches) -> Result<(), Failure> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let end = |name: &str| -> Result<(IpAddr, u16), Failure> {
        let text = text(name).unwrap_or_default();
        let socket = text.parse::<SocketAddr>().map(|socket| (socket.ip(), socket.port()));
        socket.or_else(|_| text.parse().map(|address| (address, 0))).map_err(|_| {
            Failure::new(format!("`{name}`: {text:?} is no address, or no address with a port, such as 192.0.2.7:443 or [2001:db8::1]:443"))
        })
    };
    let ((from, source_port), (to, port)) = (end("from")?, end("to")?);
    if from.is_ipv4() != to.is_ipv4() {
        return Err(Failure::new("`from` and `to` are of different families"));
    }
    let family = if to.is_ipv4() { Family::V4 } else { Family::V6 };
    let written = text("protocol").unwrap_or_default();
    let protocol = netfilter::Protocol::parse(&written, &netfilter::Names::default())
        .ok()
        .flatten()
        .ok_or_else(|| Failure::new(format!("`protocol`: {written:?} is none")))?;
    let kernel = Kernel::look()?;
    if kernel.nft.is_some() {
        return Err(Failure::new(
            "it follows the rules of iptables, and the firewall is in nftables: see `nft list table inet cdgp-firewall`, and `nft monitor trace`",
        ));
    }
    let rules = kernel.seen(family).ok_or_else(|| Failure::new(format!("there are no rules of {}", family.name())))?;
    let local = matches.get_flag("local");
    let input = text("in").or_else(|| if local { None } else { explain::interface_to(from) });
    let packet = Packet { protocol, from, source_port, to, port, input, output: text("out"), original: None };
    let explained = explain::explain(rules, packet, local);
    for step in &explained.steps {
        println!("{step}");
    }
    for taken in &explained.taken {
        println!("taken to match, which a packet alone does not tell: {taken}");
    }
    println!(
        "{}",
        match explained.fate {
            Fate::Passes => "it passes",
            Fate::Dropped => "it is dropped",
            Fate::Rejected => "it is rejected",
        }
    );
    Ok(())
}

fn now(work: fn() -> Result<(), Failure>) -> Working {
    Box::pin(async move { work() })
}

fn guard(matches: ArgMatches) -> Working {
    Box::pin(async move { guard::guard(matches.get_one::<String>("id").map_or("", String::as_str)) })
}

fn status() -> Result<(), Failure> {
    let (kernel, kept) = (Kernel::look()?, keep::kept()?);
    let held = kernel.held();
    let ways: Vec<&str> = shown(&held).into_keys().collect();
    match ways.as_slice() {
        [] => println!("rules    none"),
        ways => println!("rules    in force, for {}", ways.join(", ")),
    }
    match &kept {
        None => println!("kept     no: they are gone after a restart"),
        Some(kept) if kernel.to(&kept.held)?.is_empty() => println!("kept     yes, by {}", kept.tool.name()),
        Some(kept) => println!("kept     others than those in force, by {}; see `restore`", kept.tool.name()),
    }
    match guard::pending()? {
        Some(pending) => println!("waiting  a change is taken back in {:.0} s unless it is confirmed", pending.left()),
        None => println!("waiting  nothing"),
    }
    if let Some(taken) = guard::taken_back()? {
        println!("last     a change was taken back, for {} ({} s)", taken.why, taken.seconds);
    }
    Ok(())
}

fn show() -> Result<(), Failure> {
    for (family, lines) in shown(&Kernel::look()?.held()) {
        println!("# {family}");
        for line in lines {
            println!("{line}");
        }
    }
    Ok(())
}

fn confirm() -> Result<(), Failure> {
    let pending = guard::confirm()?;
    println!("the change {} stays", pending.id);
    Ok(())
}

fn rollback() -> Result<(), Failure> {
    let waits = guard::pending()?.ok_or_else(|| Failure::new("no change of the firewall waits to be confirmed"))?;
    guard::take_back(&waits.id, "an administrator took it back")?;
    println!("the rules of before {} are in force", waits.id);
    Ok(())
}

/// A change that waits is not disturbed: its guard, or its confirmation, sees to the rules.
fn restore() -> Result<(), Failure> {
    let _lock = place::lock()?;
    if guard::pending()?.is_some() {
        return Ok(());
    }
    let Some(kept) = keep::kept()? else { return Ok(()) };
    let change = Kernel::look()?.to(&kept.held)?;
    if !change.is_empty() {
        change.make()?;
        println!("restored the rules by {}", kept.tool.name());
    }
    Ok(())
}

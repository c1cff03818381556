//! `firewall status`, `show`, `confirm`, `rollback` and `restore`: for an administrator, and for the units of systemd.

use ansible::clap::{Arg, ArgMatches, Command};
use ansible::{Failure, Tool, Working};

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
];

fn none(command: Command) -> Command {
    command
}

fn id(command: Command) -> Command {
    command.arg(Arg::new("id").required(true).help("The change's name"))
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
    let count: usize =
        shown(&held).values().map(|lines| lines.iter().filter(|line| line.starts_with("-A ")).count()).sum();
    let is = if held.is_nothing() { "not there" } else { "there" };
    println!("rules    {is}, {count} in the kernel");
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

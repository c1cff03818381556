//! The programs beside iptables that rule the kernel: `ipset` and `nft`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use ansible::Failure;
use ipnet::IpNet;

use super::{NFT_TABLE, NftTable};
use crate::firewall::declare::address::Family;
use crate::firewall::render::PREFIX;

pub fn exists(program: &str) -> bool {
    netfilter::find_program(program).is_some()
}

/// Runs a program, with `input` on its standard input, and gives what it prints.
///
/// # Errors
/// It can't be run or fails: what it said.
pub fn run(program: &str, arguments: &[&str], input: Option<&str>) -> Result<String, Failure> {
    let command = [&[program], arguments].concat().join(" ");
    let failed = |why: &dyn std::fmt::Display| Failure::new(format!("`{command}`: {why}"));
    let found = netfilter::find_program(program);
    let mut child = Command::new(found.as_deref().unwrap_or(Path::new(program)))
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))?;
    if let (Some(text), Some(mut stdin)) = (input, child.stdin.take()) {
        // One that ends before it has read all says why itself. None of these prints while it reads.
        let _ = stdin.write_all(text.as_bytes());
    }
    let done = child.wait_with_output().map_err(|error| failed(&error))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        let said = said.trim();
        return Err(failed(&if said.is_empty() { done.status.to_string() } else { said.to_owned() }));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// Makes sets that are not there. Each is filled before a rule can have it.
pub fn make_sets(sets: &[(String, Vec<IpNet>)]) -> Result<(), Failure> {
    if sets.is_empty() {
        return Ok(());
    }
    if !exists("ipset") {
        return Err(Failure::new(
            "a list of more than 8 addresses becomes an ipset, and the target has no `ipset`. Install the package ipset, or set `backend` to nftables",
        ));
    }
    let mut text = String::new();
    for (name, nets) in sets {
        let family = if nets.first().is_some_and(|net| Family::of(net) == Family::V6) { "inet6" } else { "inet" };
        let most = nets.len().max(1024).next_power_of_two();
        let _ = writeln!(text, "create {name} hash:net family {family} maxelem {most}");
        for net in nets {
            let _ = writeln!(text, "add {name} {net}");
        }
    }
    run("ipset", &["restore", "-exist"], Some(&text)).map(drop)
}

/// The names of our sets.
pub fn sets() -> Vec<String> {
    let names = run("ipset", &["list", "-name"], None).unwrap_or_default();
    names.lines().filter(|name| name.starts_with(PREFIX)).map(str::to_owned).collect()
}

/// Our table of nftables; `None` when there is none.
pub fn nft_table() -> Option<NftTable> {
    let list =
        |how: &[&str]| run("nft", &[how, &["list", "table"], &NFT_TABLE.split(' ').collect::<Vec<_>>()].concat(), None);
    // Terse: without the addresses of sets. The names of fixed sets tell those; the others are counters.
    let listed = list(&["--stateless", "--terse"]).ok()?;
    Some(NftTable { script: list(&["--stateless"]).ok()?, listed: Some(listed) })
}

/// Makes our table what `wanted` says, in one transaction.
pub fn nft(wanted: Option<&NftTable>) -> Result<(), Failure> {
    let script = wanted.map_or("", |table| table.script.as_str());
    // To name a table makes it, so that it can be deleted.
    let text = format!("table {NFT_TABLE}\ndelete table {NFT_TABLE}\n{script}");
    run("nft", &["--file", "-"], Some(&text)).map(drop)
}

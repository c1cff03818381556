//! `firewall`: the whole firewall of a Docker host, declared in one task.

mod apply;
mod declare;
mod explain;
mod facts;
mod guard;
mod keep;
mod kernel;
mod lockout;
mod observe;
mod options;
pub(crate) mod place;
mod plan;
mod render;
pub mod tools;

use std::collections::BTreeSet;

use ansible::{Call, Failure, Module, Outcome};
use serde_json::json;

use self::apply::apply;
use self::declare::address::Family;
use self::declare::declare;
use self::facts::{Facts, FiltersBy};
use self::keep::Kept;
use self::kernel::{Held, Kernel, NFT_TABLE, NftTable, Tool, canonical, trial};
use self::options::{BackendWish, Confirm, Options, State};
use self::plan::{Observed, Wanted, plan, shown};
use self::render::{Host, Own, nft, render};

pub const MODULE: Module = ansible::module!(firewall, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    match options.state {
        State::Present => present(&call, &options).await,
        State::Absent => absent(&call).await,
        State::Confirmed => confirmed(),
    }
}

async fn present(call: &Call, options: &Options) -> Result<Outcome, Failure> {
    let rollback = rollback(options)?;
    let facts = observe::engine(call, options).await?;
    let interfaces = observe::interfaces()?;
    let _lock = place::lock()?;
    nothing_waits()?;
    let kernel = Kernel::look()?;
    let (mut kept, chains) = wanted(options, facts.as_ref(), &interfaces, &kernel, &mut |text| call.warn(text))?;
    if !kernel.to(&kept.held)?.is_empty() {
        kept.held.nft = trial(&kernel, &kept.held)?;
        if let Some(cut) = lockout::cut(&kernel, kept.tool, &chains)? {
            match rollback {
                None => return Err(cut),
                Some(seconds) => call.warn(format!(
                    "{}. It is taken back after {seconds} s unless a new connection can be made",
                    cut.msg()
                )),
            }
        }
    }

    let tool = kept.tool;
    let files = if options.persist { keep::files(&kept)? } else { keep::Files::new() };
    let rules = shown(&kept.held);
    let observed = Observed { kernel, files: keep::present() };
    let plan = plan(&observed, Wanted { kept: Some(kept), files, rollback })?;
    let (outcome, done) = call.carry_out(&plan, async |action| apply(action)).await?;
    let mut outcome = outcome.with("backend", tool.name()).with("rules", rules);
    outcome = outcome.with("ranges", facts.unwrap_or_default().sets());
    if let (Some(id), Some(seconds)) = (done.into_iter().flatten().next(), rollback) {
        outcome = outcome.with("rollback", json!({"id": id, "seconds": seconds}));
        if options.confirm == Confirm::Auto {
            // For the action plugin, which takes it out of the result.
            let again = json!({"args": {"state": "confirmed"}, "seconds": seconds});
            outcome = outcome.with("_native_confirm", again);
        }
    }
    Ok(outcome)
}

/// Our chains, whichever tool they are for.
struct Chains {
    ipv4: Own,
    ipv6: Own,
}

/// The rules that carry out what is declared. Pure.
fn wanted(
    options: &Options,
    facts: Option<&Facts>,
    interfaces: &BTreeSet<String>,
    kernel: &Kernel,
    warn: &mut dyn FnMut(String),
) -> Result<(Kept, Chains), Failure> {
    let tool = tool(options.backend, kernel, facts)?;
    let unknown = Facts::default();
    let declaration = declare(options, facts.unwrap_or(&unknown), interfaces, warn)?;
    let host = Host::new(facts, interfaces, &declaration.interfaces(), warn);
    let own = |family| canonical(render(&declaration, &host, family), family);
    let chains = Chains { ipv4: own(Family::V4)?, ipv6: own(Family::V6)? };
    let mut held = Held::default();
    match tool {
        Tool::Nftables => {
            let script = nft::table(NFT_TABLE, &chains.ipv4, &chains.ipv6)?;
            held.nft = Some(NftTable { script, listed: None });
        }
        Tool::IptablesNft | Tool::IptablesLegacy => {
            for family in kernel.families() {
                match family {
                    Family::V4 => held.ipv4 = chains.ipv4.clone(),
                    Family::V6 => held.ipv6 = chains.ipv6.clone(),
                }
            }
        }
    }
    Ok((Kept { tool, held }, chains))
}

async fn absent(call: &Call) -> Result<Outcome, Failure> {
    let _lock = place::lock()?;
    nothing_waits()?;
    let observed = Observed { kernel: Kernel::look()?, files: keep::present() };
    let plan = plan(&observed, Wanted { kept: None, files: keep::Files::new(), rollback: None })?;
    let (outcome, _) = call.carry_out(&plan, async |action| apply(action)).await?;
    Ok(outcome)
}

fn confirmed() -> Result<Outcome, Failure> {
    let pending = guard::confirm()?;
    let seconds = pending.seconds;
    Ok(Outcome::new(true)
        .with("actions", ["keep the change of the firewall"])
        .with("rollback", json!({"id": pending.id, "seconds": seconds, "confirmed": true})))
}

/// After how many seconds the change is taken back.
fn rollback(options: &Options) -> Result<Option<u64>, Failure> {
    match options.rollback {
        None | Some(0) => Ok(None),
        Some(seconds @ 1..=86_400) => Ok(u64::try_from(seconds).ok()),
        Some(seconds) => Err(Failure::new(format!(
            "`rollback`: {seconds} is no time to wait; it is a number of seconds, at most a day (86400)"
        ))),
    }
}

/// A change on top of one that may be taken back could not be taken back.
fn nothing_waits() -> Result<(), Failure> {
    match guard::pending()? {
        None => Ok(()),
        Some(pending) => Err(Failure::new(format!(
            "an earlier change waits to be confirmed, and is taken back in {:.0} s otherwise. Confirm it (`state` confirmed, or `cdgp-firewall confirm` on the target), or take it back (`cdgp-firewall rollback`)",
            pending.left()
        ))),
    }
}

/// What filters.
fn tool(wish: BackendWish, kernel: &Kernel, facts: Option<&Facts>) -> Result<Tool, Failure> {
    let docker = facts.and_then(|facts| facts.filters_by);
    let nft = || {
        if kernel.has_nft { Ok(Tool::Nftables) } else { Err("the target has no `nft`: install the package nftables") }
    };
    let iptables = || {
        kernel
            .iptables
            .map(|iptables| iptables.tool)
            .ok_or("the target has no `iptables`: install the package iptables")
    };
    let chosen = match (wish, docker) {
        (BackendWish::Iptables, Some(FiltersBy::Nftables)) => {
            Err("Docker filters by nftables here, so iptables has no DOCKER-USER: leave `backend` out")
        }
        (BackendWish::Iptables, _) => iptables(),
        (BackendWish::Nftables, _) | (BackendWish::Auto, Some(FiltersBy::Nftables)) => nft(),
        (BackendWish::Auto, _) if kernel.iptables.is_some() => iptables(),
        (BackendWish::Auto, _) => nft().map_err(|_| "the target has neither `iptables` nor `nft`: install one of them"),
    };
    chosen.map_err(|why| Failure::new(format!("`backend`: {why}")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ansible::Plan;
    use ansible::golden::{agree, cases, reads};
    use netfilter::{Backend, RuleSet, System};
    use serde::Deserialize;

    use super::declare::address::Family;
    use super::facts::Facts;
    use super::kernel::{Iptables, Kernel, Tool};
    use super::options::Options;
    use super::plan::{Action, Observed, Shown, Wanted, plan};
    use super::{Failure, keep, wanted};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }

    /// What a case is observed with.
    #[derive(Clone, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Given {
        engine: Option<Facts>,
        interfaces: BTreeSet<String>,
        /// Tables, and rules as iptables-save prints them.
        ipv4: Vec<String>,
        ipv6: Vec<String>,
    }

    /// Declares the chains that iptables-save would declare.
    fn seen(lines: &[String], family: Family) -> RuleSet {
        let mut tables: Vec<(&str, BTreeSet<&str>, Vec<&str>)> = Vec::new();
        for line in lines {
            if let Some(name) = line.strip_prefix('*') {
                tables.push((name, BTreeSet::new(), Vec::new()));
            } else if let Some((_, chains, rules)) = tables.last_mut() {
                chains.insert(line.split(' ').nth(1).unwrap());
                rules.push(line);
            }
        }
        let table = |(name, chains, rules): (&str, BTreeSet<&str>, Vec<&str>)| {
            let built_in = |chain: &str| chain.ends_with("PUT") && !chain.starts_with("CDGP") || chain == "FORWARD";
            let declare = |chain: &str| format!(":{chain} {}\n", if built_in(chain) { "ACCEPT" } else { "-" });
            let chains: String = chains.into_iter().map(declare).collect();
            format!("*{name}\n{chains}{}\nCOMMIT\n", rules.join("\n"))
        };
        let text: String = tables.into_iter().map(table).collect();
        RuleSet::parse(&text, family.of_netfilter()).unwrap()
    }

    fn planned(options: &Options, given: Option<&Given>) -> Result<Plan<Shown, Action>, Failure> {
        let given = given.cloned().unwrap_or_default();
        let iptables = Iptables { system: System::of(Backend::Nft), tool: Tool::IptablesNft };
        let kernel = Kernel {
            iptables: Some(iptables),
            has_nft: false,
            ipv4: Some(seen(&given.ipv4, Family::V4)),
            ipv6: Some(seen(&given.ipv6, Family::V6)),
            nft: None,
            sets: Vec::new(),
        };
        let mut warnings = Vec::new();
        let (kept, _) =
            wanted(options, given.engine.as_ref(), &given.interfaces, &kernel, &mut |text| warnings.push(text))?;
        // The cases show warnings as refusals would be, so that they are seen.
        if let Some(warning) = warnings.first() {
            return Err(Failure::new(format!("warns: {warning}")));
        }
        let observed = Observed { kernel, files: keep::Files::new() };
        plan(&observed, Wanted { kept: Some(kept), files: keep::Files::new(), rollback: None })
    }

    #[test]
    fn golden() {
        cases(&super::MODULE, env!("CARGO_MANIFEST_DIR"), planned, |given: Option<Given>, after| {
            let mut next = given.unwrap_or_default();
            let mut rules = after.map(|after: Shown| after.rules).unwrap_or_default();
            next.ipv4 = rules.remove("ipv4").unwrap_or_default();
            next.ipv6 = rules.remove("ipv6").unwrap_or_default();
            Some(next)
        });
    }
}

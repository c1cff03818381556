//! The kernel's rules: reading them, and bringing ours to what they shall be.

mod own;
mod program;
mod trial;

use ansible::Failure;
use ipnet::IpNet;
use netfilter::{Backend, RuleSet, System};
use serde::{Deserialize, Serialize};

pub use self::own::{canonical, desired};
pub use self::program::run;
pub use self::trial::trial;
use super::declare::address::Family;
use super::render::Own;

/// The table of ours with nftables.
pub const NFT_TABLE: &str = "inet cdgp-firewall";

/// What filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tool {
    #[serde(rename = "iptables-nft")]
    IptablesNft,
    #[serde(rename = "iptables-legacy")]
    IptablesLegacy,
    #[serde(rename = "nftables")]
    Nftables,
}

impl Tool {
    pub fn name(self) -> &'static str {
        match self {
            Tool::IptablesNft => "iptables-nft",
            Tool::IptablesLegacy => "iptables-legacy",
            Tool::Nftables => "nftables",
        }
    }
}

/// What is ours in the kernel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Held {
    pub ipv4: Own,
    pub ipv6: Own,
    /// Our table of nftables.
    pub nft: Option<NftTable>,
}

/// Our table of nftables. Equal to one that is listed the same.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NftTable {
    /// What makes it.
    pub script: String,
    /// How `nft` lists it, without what it has counted and whom it has seen. Not known before it has been there.
    pub listed: Option<String>,
}

impl PartialEq for NftTable {
    fn eq(&self, other: &Self) -> bool {
        self.listed.is_some() && self.listed == other.listed
    }
}

impl Held {
    pub fn of(&self, family: Family) -> &Own {
        match family {
            Family::V4 => &self.ipv4,
            Family::V6 => &self.ipv6,
        }
    }
}

/// How iptables filters here.
#[derive(Clone, Copy, Debug)]
pub struct Iptables {
    pub system: System,
    pub tool: Tool,
}

/// What is there.
#[derive(Clone, Debug)]
pub struct Kernel {
    pub iptables: Option<Iptables>,
    pub has_nft: bool,
    /// `None`: there is no iptables.
    pub ipv4: Option<RuleSet>,
    /// `None`: there is no ip6tables, or the kernel has no IPv6.
    pub ipv6: Option<RuleSet>,
    /// Our table of nftables.
    pub nft: Option<NftTable>,
    /// The sets of iptables that are ours.
    pub sets: Vec<String>,
}

impl Kernel {
    /// Looks.
    ///
    /// # Errors
    /// A program fails, as without the right to look, or the host's two kinds of iptables both hold rules.
    pub fn look() -> Result<Kernel, Failure> {
        let (mut iptables, mut ipv4, mut ipv6) = (None, None, None);
        if program::exists("iptables-save") {
            let system = System::detect(&[netfilter::Family::V4])?;
            let tool = match system.versions(netfilter::Family::V4)?.backend {
                Backend::Nft => Tool::IptablesNft,
                Backend::Legacy | Backend::Plain => Tool::IptablesLegacy,
            };
            iptables = Some(Iptables { system, tool });
            ipv4 = Some(system.observe(netfilter::Family::V4)?);
            // A host without IPv6 has a program that fails, or none.
            ipv6 = system.observe(netfilter::Family::V6).ok();
            if ipv6.is_some() {
                system.refuse_split(netfilter::Family::V6)?;
            }
        }
        let has_nft = program::exists("nft");
        let nft = if has_nft { program::nft_table() } else { None };
        let sets = if program::exists("ipset") { program::sets() } else { Vec::new() };
        Ok(Kernel { iptables, has_nft, ipv4, ipv6, nft, sets })
    }

    /// The rules of a family that iptables holds.
    pub fn seen(&self, family: Family) -> Option<&RuleSet> {
        match family {
            Family::V4 => self.ipv4.as_ref(),
            Family::V6 => self.ipv6.as_ref(),
        }
    }

    /// Those that iptables rules here.
    pub fn families(&self) -> Vec<Family> {
        Family::BOTH.into_iter().filter(|family| self.seen(*family).is_some()).collect()
    }

    /// What is ours. Of sets only the names are known, and those tell the content.
    pub fn held(&self) -> Held {
        let own = |family| self.seen(family).map(own::own).unwrap_or_default();
        Held { ipv4: own(Family::V4), ipv6: own(Family::V6), nft: self.nft.clone() }
    }

    /// What leads from here to `wanted`. The rules that shall be come before those that go.
    ///
    /// # Errors
    /// What is wanted is not made of rules, as when it comes from a file that somebody else has written.
    pub fn to(&self, wanted: &Held) -> Result<Change, Failure> {
        let mut change = Change { nft_first: wanted.nft.is_some(), ..Change::default() };
        for family in Family::BOTH {
            let (Some(seen), Some(iptables)) = (self.seen(family), self.iptables) else { continue };
            let own = wanted.of(family);
            let missing = own.sets.iter().filter(|(name, _)| !self.sets.contains(name));
            change.sets.extend(missing.map(|(name, nets)| (name.clone(), nets.clone())));
            let forth = netfilter::Change::between(seen, &own::desired(own, family)?);
            if !forth.is_empty() {
                let back = own::undo(seen, &forth, family)?;
                change.restores.push(Restore { system: iptables.system, forth, back });
            }
        }
        if self.nft != wanted.nft {
            change.nft = Some(Nft { wanted: wanted.nft.clone(), before: self.nft.clone() });
        }
        Ok(change)
    }

    /// The sets of ours that `wanted` has no use for.
    pub fn unused_sets(&self, wanted: &Held) -> Vec<String> {
        let used = |name: &&String| wanted.ipv4.sets.contains_key(*name) || wanted.ipv6.sets.contains_key(*name);
        self.sets.iter().filter(|name| !used(name)).cloned().collect()
    }
}

/// What has to be done in the kernel.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Sets that are made.
    sets: Vec<(String, Vec<IpNet>)>,
    restores: Vec<Restore>,
    nft: Option<Nft>,
    nft_first: bool,
}

/// One run of iptables-restore, and what takes it back.
#[derive(Clone, Debug)]
struct Restore {
    system: System,
    forth: netfilter::Change,
    back: netfilter::Change,
}

/// One run of nft.
#[derive(Clone, Debug)]
struct Nft {
    wanted: Option<NftTable>,
    before: Option<NftTable>,
}

impl Change {
    pub fn is_empty(&self) -> bool {
        self.restores.is_empty() && self.nft.is_none()
    }

    /// Does it. What was done is taken back when a later part fails, so that the families never differ.
    ///
    /// # Errors
    /// A program refuses.
    pub fn make(&self) -> Result<(), Failure> {
        program::make_sets(&self.sets)?;
        if self.nft_first {
            self.make_nft()?;
        }
        for (index, restore) in self.restores.iter().enumerate() {
            if let Err(error) = restore.system.apply(&restore.forth) {
                let failure = Failure::from(error);
                for done in self.restores.iter().take(index).rev() {
                    done.system.apply(&done.back).map_err(|error| failed_twice(&failure, error.into()))?;
                }
                if let (true, Some(nft)) = (self.nft_first, &self.nft) {
                    program::nft(nft.before.as_ref()).map_err(|error| failed_twice(&failure, error))?;
                }
                return Err(failure.and(". Nothing was changed"));
            }
        }
        if self.nft_first { Ok(()) } else { self.make_nft() }
    }

    fn make_nft(&self) -> Result<(), Failure> {
        match &self.nft {
            Some(nft) => program::nft(nft.wanted.as_ref()),
            None => Ok(()),
        }
    }
}

fn failed_twice(first: &Failure, second: Failure) -> Failure {
    Failure::new(format!("{}; and taking back what was done before it failed: {}", first.msg(), second.msg()))
}

/// Removes sets that no rule needs any more; one that is still in use stays.
pub fn remove_sets(names: &[String]) {
    for name in names {
        // The kernel refuses while a rule has it, which is what we want.
        let _ = run("ipset", &["destroy", name], None);
    }
}

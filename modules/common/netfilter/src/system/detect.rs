//! Which back end the host's iptables speaks to, and whether the other one holds rules too.
//!
//! Source: iptables(8), `iptables --version`; xtables-nft(8). A host with rules in both: moby/moby#46636.

use std::fs;
use std::path::Path;

use super::program::{find_program, run_program};
use super::{Error, System};
use crate::{Family, RuleSet};

/// Where the kernel keeps the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// In nftables, by iptables-nft.
    Nft,
    /// In the older tables, by iptables-legacy, or an iptables from before there were two.
    Legacy,
    /// Whichever of the two the plain names of the programs mean.
    Plain,
}

impl Backend {
    /// What stands between `iptables` and `-save`.
    pub(super) fn infix(self) -> &'static str {
        match self {
            Backend::Nft => "-nft",
            Backend::Legacy => "-legacy",
            Backend::Plain => "",
        }
    }
}

/// What `iptables --version` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// `1.8.9`
    pub version: String,
    /// The back end that the plain names mean.
    pub backend: Backend,
}

impl Versions {
    /// Reads `iptables v1.8.9 (nf_tables)`.
    pub(crate) fn parse(text: &str) -> Option<Versions> {
        let mut words = text.split_whitespace();
        let version =
            words.find_map(|word| word.strip_prefix('v').filter(|v| v.starts_with(|c: char| c.is_ascii_digit())))?;
        let backend = if words.next() == Some("(nf_tables)") { Backend::Nft } else { Backend::Legacy };
        Some(Versions { version: version.to_owned(), backend })
    }
}

/// Seconds to wait for another program that changes rules.
const WAIT: u32 = 60;

impl System {
    /// The host's own choice of back end, by the plain names of the programs. Refuses a host whose other back end holds
    /// rules as well.
    ///
    /// # Errors
    /// iptables is missing, or the rules are split.
    pub fn detect(families: &[Family]) -> Result<System, Error> {
        let system = System { backend: Backend::Plain, wait: WAIT };
        for family in families {
            system.refuse_split(*family)?;
        }
        Ok(system)
    }

    /// A back end by name, whatever the plain names mean.
    pub fn of(backend: Backend) -> System {
        System { backend, wait: WAIT }
    }

    /// What the family's program says of itself.
    ///
    /// # Errors
    /// It is missing or says nothing known.
    pub fn versions(&self, family: Family) -> Result<Versions, Error> {
        let program = self.found(family, "")?;
        let said = run_program(&program, &["--version"], None)?.successful(&program)?;
        Versions::parse(&said).ok_or_else(|| Error::Failed {
            command: format!("{} --version", program.display()),
            status: 0,
            said: format!("its version is not to be found in {said:?}"),
        })
    }

    /// The program's path.
    pub(super) fn found(&self, family: Family, behind: &str) -> Result<std::path::PathBuf, Error> {
        let name = self.name(family, behind);
        find_program(&name).ok_or(Error::Missing { program: name })
    }

    /// # Errors
    /// [`Error::Split`]: this back end and the other hold rules of the family, and a packet has to pass both.
    pub fn refuse_split(&self, family: Family) -> Result<(), Error> {
        let ours = match self.backend {
            Backend::Plain => self.versions(family)?.backend,
            backend => backend,
        };
        let other = match ours {
            Backend::Nft => Backend::Legacy,
            Backend::Legacy | Backend::Plain => Backend::Nft,
        };
        // Asking iptables-legacy would load its modules: the kernel says whether they hold anything.
        if other == Backend::Legacy && legacy_tables(family).is_empty() {
            return Ok(());
        }
        let other = System { backend: other, ..*self };
        let Ok(program) = other.found(family, "-save") else { return Ok(()) };
        let output = run_program(&program, &[], None)?;
        // A back end that the kernel lacks holds nothing.
        let Ok(set) = RuleSet::parse(&output.stdout, family) else { return Ok(()) };
        let tables: Vec<String> = tables_with_rules(&set);
        if tables.is_empty() || tables_with_rules(&self.observe(family)?).is_empty() {
            return Ok(());
        }
        Err(Error::Split { family, other: other.name(family, ""), tables })
    }
}

/// The tables of the older kind that are there.
fn legacy_tables(family: Family) -> Vec<String> {
    let file = match family {
        Family::V4 => "/proc/thread-self/net/ip_tables_names",
        Family::V6 => "/proc/thread-self/net/ip6_tables_names",
    };
    fs::read_to_string(Path::new(file)).unwrap_or_default().lines().map(str::to_owned).collect()
}

fn tables_with_rules(set: &RuleSet) -> Vec<String> {
    let holds = |table: &&crate::Table| {
        let chains = &table.chains;
        chains.iter().any(|chain| !chain.rules.is_empty() || chain.policy == Some(crate::Policy::Drop))
    };
    set.tables.iter().filter(holds).map(|table| table.name.clone()).collect()
}

//! `DNAT`, `SNAT`, `MASQUERADE`, `REDIRECT`: addresses and ports rewritten.

use std::fmt;
use std::net::IpAddr;

use crate::extension::{Extension, Given, Syntax, needs};
use crate::value::single;
use crate::word::Line;
use crate::{Family, Invalid, Names, PortRange};

/// What an address becomes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NatRange {
    /// The address, or the first of several. `None`: it stays.
    pub first: Option<IpAddr>,
    /// The last of several.
    pub last: Option<IpAddr>,
    /// The ports.
    pub ports: Option<PortRange>,
}

impl NatRange {
    /// Reads `address[-address][:port[-port]]`; with ports, addresses of IPv6 stand in brackets.
    ///
    /// # Errors
    /// An address is none of the family, or a port is none.
    pub fn parse(text: &str, family: Family, names: &Names) -> Result<NatRange, Invalid> {
        let (addresses, ports) = match family {
            Family::V6 if !text.starts_with('[') => (text, None),
            Family::V6 => match text.rsplit_once("]:") {
                Some((addresses, ports)) => (addresses, Some(ports)),
                None => (text, None),
            },
            Family::V4 => match text.split_once(':') {
                Some((addresses, ports)) => (addresses, Some(ports)),
                None => (text, None),
            },
        };
        let bare = |text: &str| single(text.trim_start_matches('[').trim_end_matches(']'), family);
        let (first, last) = match addresses.split_once('-') {
            Some((first, last)) => (Some(bare(first)?), Some(bare(last)?)),
            None if addresses.is_empty() => (None, None),
            None => (Some(bare(addresses)?), None),
        };
        let ports = ports.map(|ports| PortRange::between(ports, '-', names)).transpose()?;
        Ok(NatRange { first, last: last.filter(|last| Some(*last) != first), ports })
    }
}

impl fmt::Display for NatRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let brackets = self.ports.is_some();
        let shown = |address: IpAddr| match address {
            IpAddr::V6(address) if brackets => format!("[{address}]"),
            address => address.to_string(),
        };
        if let Some(first) = self.first {
            f.write_str(&shown(first))?;
        }
        if let Some(last) = self.last {
            write!(f, "-{}", shown(last))?;
        }
        match self.ports {
            Some(ports) => write!(f, ":{}", ports.with('-')),
            None => Ok(()),
        }
    }
}

/// Whether the value has what the types here don't hold: `80-90/100`.
fn shifts(given: &Given<'_>) -> bool {
    given.options.iter().any(|option| option.values.iter().any(|value| value.contains('/')))
}

/// `-j DNAT`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Dnat {
    /// `--to-destination`
    pub to: NatRange,
    /// `--random`
    pub random: bool,
    /// `--persistent`
    pub persistent: bool,
}

impl Extension for Dnat {
    const SYNTAX: Syntax =
        Syntax { name: "DNAT", options: &[(&["--to-destination"], 1), (&["--random"], 0), (&["--persistent"], 0)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Dnat>, Invalid> {
        if shifts(given) {
            return Ok(None);
        }
        let (family, names) = (given.family, given.names);
        let to = given.value("--to-destination", |text| NatRange::parse(text, family, names))?;
        Ok(Some(Dnat {
            to: to.ok_or_else(|| needs("DNAT", "`--to-destination`"))?,
            random: given.flag("--random")?,
            persistent: given.flag("--persistent")?,
        }))
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--to-destination", &self.to);
        flags(line, self.random, false, self.persistent);
    }
}

fn flags(line: &mut Line, random: bool, fully: bool, persistent: bool) {
    for (name, set) in [("--random", random), ("--random-fully", fully), ("--persistent", persistent)] {
        if set {
            line.flag(false, name);
        }
    }
}

/// `-j SNAT`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Snat {
    /// `--to-source`
    pub to: NatRange,
    /// `--random`
    pub random: bool,
    /// `--random-fully`
    pub random_fully: bool,
    /// `--persistent`
    pub persistent: bool,
}

impl Extension for Snat {
    const SYNTAX: Syntax = Syntax {
        name: "SNAT",
        options: &[(&["--to-source"], 1), (&["--random"], 0), (&["--random-fully"], 0), (&["--persistent"], 0)],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<Snat>, Invalid> {
        let (family, names) = (given.family, given.names);
        let to = given.value("--to-source", |text| NatRange::parse(text, family, names))?;
        Ok(Some(Snat {
            to: to.ok_or_else(|| needs("SNAT", "`--to-source`"))?,
            random: given.flag("--random")?,
            random_fully: given.flag("--random-fully")?,
            persistent: given.flag("--persistent")?,
        }))
    }

    fn write(&self, line: &mut Line) {
        line.option(false, "--to-source", &self.to);
        flags(line, self.random, self.random_fully, self.persistent);
    }
}

/// `-j MASQUERADE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Masquerade {
    /// `--to-ports`
    pub ports: Option<PortRange>,
    /// `--random`
    pub random: bool,
    /// `--random-fully`
    pub random_fully: bool,
}

impl Extension for Masquerade {
    const SYNTAX: Syntax =
        Syntax { name: "MASQUERADE", options: &[(&["--to-ports"], 1), (&["--random"], 0), (&["--random-fully"], 0)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Masquerade>, Invalid> {
        let names = given.names;
        Ok(Some(Masquerade {
            ports: given.value("--to-ports", |text| PortRange::between(text, '-', names))?,
            random: given.flag("--random")?,
            random_fully: given.flag("--random-fully")?,
        }))
    }

    fn write(&self, line: &mut Line) {
        if let Some(ports) = self.ports {
            line.option(false, "--to-ports", ports.with('-'));
        }
        flags(line, self.random, self.random_fully, false);
    }
}

/// `-j REDIRECT`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Redirect {
    /// `--to-ports`
    pub ports: Option<PortRange>,
    /// `--random`
    pub random: bool,
}

impl Extension for Redirect {
    const SYNTAX: Syntax = Syntax { name: "REDIRECT", options: &[(&["--to-ports"], 1), (&["--random"], 0)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Redirect>, Invalid> {
        if shifts(given) {
            return Ok(None);
        }
        let names = given.names;
        Ok(Some(Redirect {
            ports: given.value("--to-ports", |text| PortRange::between(text, '-', names))?,
            random: given.flag("--random")?,
        }))
    }

    fn write(&self, line: &mut Line) {
        if let Some(ports) = self.ports {
            line.option(false, "--to-ports", ports.with('-'));
        }
        flags(line, self.random, false, false);
    }
}

//! `multiport`: up to fifteen ports.

use crate::extension::{Extension, Given, Syntax, needs};
use crate::word::Line;
use crate::{Invalid, PortRange, Test};

/// Whose ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// `--sports`
    Source,
    /// `--dports`
    Destination,
    /// `--ports`: one or the other.
    Either,
}

const SIDES: [(&str, Side); 3] =
    [("--sports", Side::Source), ("--dports", Side::Destination), ("--ports", Side::Either)];

/// How many places a rule has: a range takes two.
const MOST: usize = 15;

/// `-m multiport`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MultiPort {
    /// Whose ports.
    pub side: Side,
    /// The ports, in their order.
    pub ports: Test<Vec<PortRange>>,
}

impl Extension for MultiPort {
    const SYNTAX: Syntax = Syntax {
        name: "multiport",
        options: &[(&["--sports", "--source-ports"], 1), (&["--dports", "--destination-ports"], 1), (&["--ports"], 1)],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<MultiPort>, Invalid> {
        let names = given.names;
        for (name, side) in SIDES {
            let ports = given.test(name, |text| {
                text.split(',').map(|port| PortRange::parse(port, names)).collect::<Result<Vec<_>, _>>()
            })?;
            let Some(ports) = ports else { continue };
            let places: usize = ports.value.iter().map(|range| if range.first == range.last { 1 } else { 2 }).sum();
            if places > MOST {
                return Err(Invalid::new(
                    format!("`{name}`: {places} ports (a range counts as two); a rule holds {MOST}"),
                    "write more than one rule, or use a set",
                ));
            }
            return Ok(Some(MultiPort { side, ports }));
        }
        Err(needs("multiport", "`--dports`, `--sports` or `--ports`"))
    }

    fn write(&self, line: &mut Line) {
        let name = SIDES.iter().find(|(_, side)| *side == self.side).map_or("", |(name, _)| name);
        let ports: Vec<String> = self.ports.value.iter().map(ToString::to_string).collect();
        line.option(self.ports.not, name, ports.join(","));
    }
}

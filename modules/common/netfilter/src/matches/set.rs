//! `set`: whether an address is in a set of ipset(8).

use crate::extension::{Extension, Given, Syntax, needs};
use crate::word::Line;
use crate::{Invalid, Test};

/// Which address or port of the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The source's.
    Source,
    /// The destination's.
    Destination,
}

/// `-m set`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Set {
    /// The set's name, and what of the packet is looked up, one for each dimension of the set.
    pub of: Test<(String, Vec<Direction>)>,
}

impl Set {
    /// Reads `src,dst`.
    pub(crate) fn directions(text: &str) -> Result<Vec<Direction>, Invalid> {
        let one = |word: &str| match word {
            "src" => Ok(Direction::Source),
            "dst" => Ok(Direction::Destination),
            _ => Err(Invalid::new(
                format!("{word:?} is no side of a set"),
                "write src or dst for each dimension of the set",
            )),
        };
        text.split(',').map(one).collect()
    }

    pub(crate) fn shown(directions: &[Direction]) -> String {
        let one = |direction: &Direction| match direction {
            Direction::Source => "src",
            Direction::Destination => "dst",
        };
        directions.iter().map(one).collect::<Vec<_>>().join(",")
    }
}

impl Extension for Set {
    const SYNTAX: Syntax = Syntax {
        name: "set",
        options: &[
            (&["--match-set", "--set"], 2),
            (&["--return-nomatch"], 0),
            (&["--update-counters"], 0),
            (&["--update-subcounters"], 0),
            (&["--packets-eq"], 1),
            (&["--packets-lt"], 1),
            (&["--packets-gt"], 1),
            (&["--bytes-eq"], 1),
            (&["--bytes-lt"], 1),
            (&["--bytes-gt"], 1),
        ],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<Set>, Invalid> {
        let Some(option) = given.take("--match-set") else {
            return Err(needs("set", "`--match-set NAME src`"));
        };
        if !given.options.is_empty() {
            return Ok(None);
        }
        let [name, directions] = option.values.as_slice() else { return Ok(None) };
        Ok(Some(Set { of: Test { not: option.not, value: (name.clone(), Set::directions(directions)?) } }))
    }

    fn write(&self, line: &mut Line) {
        let (name, directions) = &self.of.value;
        line.option(self.of.not, "--match-set", name);
        line.word(Set::shown(directions));
    }
}

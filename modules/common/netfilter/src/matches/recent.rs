//! `recent`: lists of hosts seen recently.

use std::net::IpAddr;

use crate::extension::{Extension, Given, Syntax, needs};
use crate::value::decimal;
use crate::word::Line;
use crate::{Family, Invalid, Test};

/// What is done with the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecentAction {
    /// The host is put on it.
    Set,
    /// Whether the host is on it.
    Check,
    /// As Check, and the time is noted.
    Update,
    /// The host is taken off.
    Remove,
}

const ACTIONS: [(&str, RecentAction); 4] = [
    ("--set", RecentAction::Set),
    ("--rcheck", RecentAction::Check),
    ("--update", RecentAction::Update),
    ("--remove", RecentAction::Remove),
];

/// `-m recent`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Recent {
    /// What is done.
    pub action: Test<RecentAction>,
    /// `--seconds`: seen within so many.
    pub seconds: Option<u32>,
    /// `--reap`: older entries go.
    pub reap: bool,
    /// `--hitcount`: seen at least so often.
    pub hits: Option<u32>,
    /// `--rttl`: with the same time to live.
    pub same_ttl: bool,
    /// The list's name.
    pub name: String,
    /// `--mask`
    pub mask: IpAddr,
    /// `--rdest`: the destination; else the source.
    pub by_destination: bool,
}

impl Extension for Recent {
    const SYNTAX: Syntax = Syntax {
        name: "recent",
        options: &[
            (&["--set"], 0),
            (&["--rcheck"], 0),
            (&["--update"], 0),
            (&["--remove"], 0),
            (&["--seconds"], 1),
            (&["--reap"], 0),
            (&["--hitcount"], 1),
            (&["--rttl"], 0),
            (&["--name"], 1),
            (&["--mask"], 1),
            (&["--rsource"], 0),
            (&["--rdest"], 0),
        ],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<Recent>, Invalid> {
        let mut action = None;
        for (name, kind) in ACTIONS {
            if let Some(option) = given.take(name) {
                action = Some(Test { not: option.not, value: kind });
                break;
            }
        }
        let Some(action) = action else {
            return Err(needs("recent", "`--set`, `--rcheck`, `--update` or `--remove`"));
        };
        let all_ones = match given.family {
            Family::V4 => IpAddr::from([0xff; 4]),
            Family::V6 => IpAddr::from([0xff; 16]),
        };
        let mask = given.value("--mask", |text| {
            text.parse().map_err(|_| Invalid::new(format!("{text:?} is no mask"), format!("write it as {all_ones}")))
        })?;
        let by_destination = given.flag("--rdest")?;
        given.flag("--rsource")?;
        Ok(Some(Recent {
            action,
            seconds: given.value("--seconds", decimal)?,
            reap: given.flag("--reap")?,
            hits: given.value("--hitcount", decimal)?,
            same_ttl: given.flag("--rttl")?,
            name: given.text("--name")?.unwrap_or_else(|| "DEFAULT".to_owned()),
            mask: mask.unwrap_or(all_ones),
            by_destination,
        }))
    }

    fn write(&self, line: &mut Line) {
        let name = ACTIONS.iter().find(|(_, kind)| *kind == self.action.value).map_or("", |(name, _)| name);
        line.flag(self.action.not, name);
        if let Some(seconds) = self.seconds {
            line.option(false, "--seconds", seconds);
        }
        if self.reap {
            line.flag(false, "--reap");
        }
        if let Some(hits) = self.hits {
            line.option(false, "--hitcount", hits);
        }
        if self.same_ttl {
            line.flag(false, "--rttl");
        }
        line.option(false, "--name", &self.name);
        line.option(false, "--mask", self.mask);
        line.flag(false, if self.by_destination { "--rdest" } else { "--rsource" });
    }
}

//! This host: its programs, what the kernel holds, and changing it.

mod detect;
mod program;
mod refusal;
mod restore;

pub use detect::{Backend, Versions};
pub use program::{Output, find_program, run_program};

use crate::{Change, Family, ParseError, RuleSet};

/// The programs of one back end. Calls wait until they have ended: they take milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct System {
    backend: Backend,
    /// Seconds to wait for another program that changes rules.
    wait: u32,
}

/// Why the kernel's rules could not be read or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A program is missing.
    #[error("`{program}` is not on this host: install the package iptables")]
    Missing {
        /// Its name.
        program: String,
    },
    /// A program could not be run.
    #[error("running `{command}`: {why}")]
    NotRun {
        /// The command.
        command: String,
        /// Why.
        why: String,
    },
    /// A program failed, and not about a line of ours.
    #[error("`{command}`: {said}")]
    Failed {
        /// The command.
        command: String,
        /// Its exit status, or minus the signal.
        status: i32,
        /// What it said.
        said: String,
    },
    /// A rule or chain was refused; nothing has changed.
    #[error("{origin} ({family}): {why}")]
    Refused {
        /// IPv4 or IPv6.
        family: Family,
        /// Which: its number, chain, table and text.
        origin: String,
        /// What is wrong with it, and how to mend it where that is known.
        why: String,
    },
    /// What iptables-save printed is not its format.
    #[error("reading what `{command}` printed: {why}")]
    Unreadable {
        /// The command.
        command: String,
        /// Where and why.
        why: ParseError,
    },
    /// Both back ends hold rules of a family.
    #[error(
        "both iptables-nft and iptables-legacy hold {family} rules, and packets must pass both: {other} has rules in {}. Move \
         them (`{other}-save` shows them), flush them by `{other} -F`, or choose that back end by `update-alternatives`",
        .tables.join(", ")
    )]
    Split {
        /// IPv4 or IPv6.
        family: Family,
        /// The back end that `iptables` does not speak to, as a program.
        other: String,
        /// The tables in which it has rules.
        tables: Vec<String>,
    },
}

impl System {
    /// How long, in seconds, a call waits for another program that changes rules.
    #[must_use]
    pub fn waiting(mut self, seconds: u32) -> System {
        self.wait = seconds;
        self
    }

    /// The back end that the programs speak to.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The rules of a family.
    ///
    /// # Errors
    /// iptables-save is missing or fails.
    pub fn observe(&self, family: Family) -> Result<RuleSet, Error> {
        let command = self.found(family, "-save")?;
        let output = program::run_program(&command, &[], None)?.successful(&command)?;
        RuleSet::parse(&output, family).map_err(|why| Error::Unreadable { command: self.name(family, "-save"), why })
    }

    /// Carries a change out, in one go for each table. The whole input is there before it begins, and it goes on when
    /// this process ends.
    ///
    /// # Errors
    /// The rule that is refused, with its number; then its table is as it was.
    pub fn apply(&self, change: &Change) -> Result<(), Error> {
        if change.is_empty() {
            return Ok(());
        }
        restore::run(self, change.family, &change.script(), restore::How::Commit)
    }

    /// Tries a change without changing anything.
    ///
    /// # Errors
    /// As [`System::apply`].
    pub fn test(&self, change: &Change) -> Result<(), Error> {
        if change.is_empty() {
            return Ok(());
        }
        restore::run(self, change.family, &change.script(), restore::How::Test)
    }

    /// A program of this back end: `iptables`, with `-save` or `-restore` behind it.
    fn name(&self, family: Family, behind: &str) -> String {
        format!("{}{}{behind}", family.program(), self.backend.infix())
    }
}

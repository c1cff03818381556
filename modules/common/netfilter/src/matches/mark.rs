//! `mark` and `connmark`: marks that other rules or routes set.

use crate::extension::{Extension, Given, Syntax, needs};
use crate::word::Line;
use crate::{Invalid, Masked, Test};

/// `-m mark`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mark {
    /// `--mark`
    pub mark: Test<Masked>,
}

/// `-m connmark`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Connmark {
    /// `--mark`
    pub mark: Test<Masked>,
}

fn read(given: &mut Given<'_>, name: &str) -> Result<Test<Masked>, Invalid> {
    given.test("--mark", Masked::parse)?.ok_or_else(|| needs(name, "`--mark`"))
}

impl Extension for Mark {
    const SYNTAX: Syntax = Syntax { name: "mark", options: &[(&["--mark"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Mark>, Invalid> {
        Ok(Some(Mark { mark: read(given, "mark")? }))
    }

    fn write(&self, line: &mut Line) {
        line.option(self.mark.not, "--mark", self.mark.value);
    }
}

impl Extension for Connmark {
    const SYNTAX: Syntax = Syntax { name: "connmark", options: &[(&["--mark"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<Connmark>, Invalid> {
        Ok(Some(Connmark { mark: read(given, "connmark")? }))
    }

    fn write(&self, line: &mut Line) {
        line.option(self.mark.not, "--mark", self.mark.value);
    }
}

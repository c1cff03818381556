//! `owner`: who sends a packet, on this host.

use crate::extension::{Extension, Given, Syntax, needs};
use crate::word::Line;
use crate::{Invalid, Names, Span, Test};

/// `-m owner`: of packets that this host makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Owner {
    /// `--socket-exists`
    pub socket: Option<Test<()>>,
    /// `--uid-owner`
    pub user: Option<Test<Span>>,
    /// `--gid-owner`
    pub group: Option<Test<Span>>,
    /// `--suppl-groups`: the group may be one of the supplementary ones.
    pub supplementary: bool,
}

impl Extension for Owner {
    const SYNTAX: Syntax = Syntax {
        name: "owner",
        options: &[(&["--socket-exists"], 0), (&["--uid-owner"], 1), (&["--gid-owner"], 1), (&["--suppl-groups"], 0)],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<Owner>, Invalid> {
        let names = given.names;
        let account = |text: &str, what: &str, find: &dyn Fn(&Names, &str) -> Option<u32>| match find(names, text) {
            Some(id) => Ok(Span { first: id, last: id }),
            None if text.starts_with(|c: char| c.is_ascii_digit()) => Span::parse(text, '-'),
            None => {
                Err(Invalid::new(format!("this host has no {what} {text:?}"), "write a name that it has, or a number"))
            }
        };
        let found = Owner {
            socket: given.take("--socket-exists").map(|option| Test { not: option.not, value: () }),
            user: given.test("--uid-owner", |text| account(text, "user", &|names, text| names.user(text)))?,
            group: given.test("--gid-owner", |text| account(text, "group", &|names, text| names.group(text)))?,
            supplementary: given.flag("--suppl-groups")?,
        };
        if found == Owner::default() {
            return Err(needs("owner", "`--uid-owner`, `--gid-owner` or `--socket-exists`"));
        }
        Ok(Some(found))
    }

    fn write(&self, line: &mut Line) {
        if let Some(Test { not, .. }) = self.socket {
            line.flag(not, "--socket-exists");
        }
        for (name, test) in [("--uid-owner", &self.user), ("--gid-owner", &self.group)] {
            if let Some(Test { not, value }) = test {
                line.option(*not, name, value.with('-'));
            }
        }
        if self.supplementary {
            line.flag(false, "--suppl-groups");
        }
    }
}

//! What `host_package` will do: what the package manager says that it would.

use std::collections::BTreeMap;
use std::fmt;

use ansible::Plan;
use serde::Serialize;

/// One package, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub name: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match (&self.before, &self.after) {
            (None, Some(after)) => write!(f, "install {name} {after}"),
            (Some(before), Some(after)) => write!(f, "change {name} from {before} to {after}"),
            (Some(before), None) => write!(f, "remove {name} {before}"),
            (None, None) => write!(f, "leave {name}"),
        }
    }
}

/// The versions that are there, of the packages that change.
pub type Packages = BTreeMap<String, Option<String>>;

/// The one step: the package manager does all of it or nothing.
#[derive(Clone, Debug, Serialize)]
pub struct Transaction(pub Vec<String>);

impl fmt::Display for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

/// Plans.
pub fn plan(changes: &[Change]) -> Plan<Packages, Transaction> {
    let of = |version: fn(&Change) -> Option<String>| -> Packages {
        changes.iter().map(|change| (change.name.clone(), version(change))).collect()
    };
    let actions = if changes.is_empty() {
        Vec::new()
    } else {
        vec![Transaction(changes.iter().map(ToString::to_string).collect())]
    };
    Plan { before: Some(of(|change| change.before.clone())), after: Some(of(|change| change.after.clone())), actions }
}

/// What `apt-get --simulate` says: `Inst NAME [OLD] (NEW ORIGIN [ARCH])`, `Remv NAME [OLD]`, `Purg NAME [OLD]`.
pub fn apt_changes(text: &str) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (Some(verb @ ("Inst" | "Remv" | "Purg")), Some(name)) = (words.next(), words.next()) else { continue };
        let between = |open: char, close: char| {
            let inside = line.split_once(open)?.1.split(close).next()?;
            inside.split_whitespace().next().map(str::to_owned)
        };
        // The architecture stands in square brackets within the round ones.
        let before = match (line.find('['), line.find('(')) {
            (Some(square), Some(round)) if square > round => None,
            (Some(_), _) => between('[', ']'),
            (None, _) => None,
        };
        let after = if verb == "Inst" { between('(', ')') } else { None };
        changes.push(Change { name: name.to_owned(), before, after });
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_apt_would_do() {
        let said = "NOTE: This is only a simulation!\nRemv docker [1.5-2]\nInst runc (1.1.5+ds1-1+deb12u1 Debian:12.9/stable [amd64])\n\
                    Inst libc6 [2.36-9] (2.36-9+deb12u9 Debian:12.9/stable [amd64]) []\nConf runc (1.1.5 Debian [amd64])\nPurg x [1]\n";
        let sentences: Vec<String> = apt_changes(said).iter().map(ToString::to_string).collect();
        assert_eq!(
            sentences,
            [
                "remove docker 1.5-2",
                "install runc 1.1.5+ds1-1+deb12u1",
                "change libc6 from 2.36-9 to 2.36-9+deb12u9",
                "remove x 1"
            ]
        );
        assert_eq!(plan(&apt_changes(said)).actions.len(), 1);
        assert!(plan(&apt_changes("Conf x (1)\n")).actions.is_empty());
    }
}

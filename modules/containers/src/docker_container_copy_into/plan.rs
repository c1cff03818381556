//! What `docker_container_copy_into` will do.

use std::fmt;

use ansible::{Failure, Plan};
use serde::Serialize;

use super::options::Options;

/// What was read before anything is decided.
#[derive(Debug)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub struct Observed {
    /// Where it goes, links followed if the user wants it.
    pub path: String,
    /// What is there.
    pub there: Option<Item>,
    /// What is to be there.
    pub wanted: Item,
}

/// Something in a file system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub struct Item {
    #[serde(flatten)]
    kind: Kind,
    /// Octal.
    mode: Option<String>,
    owner_id: Option<u64>,
    group_id: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    File { sha256: String },
    Link { target: String },
    Directory,
    Other,
}

impl Item {
    pub fn new(kind: Kind, mode: u32, (owner, group): (u64, u64)) -> Self {
        // The mode of a link means nothing.
        let mode = Some(format!("{mode:04o}")).filter(|_| !matches!(kind, Kind::Link { .. }));
        Item { kind, mode, owner_id: Some(owner), group_id: Some(group) }
    }

    /// Something of which no more is known than that it is something else than a file that could be copied.
    pub fn without_facts(kind: Kind) -> Self {
        Item { kind, mode: None, owner_id: None, group_id: None }
    }
}

/// One engine call.
#[derive(Debug)]
pub struct Action {
    pub container: String,
    pub path: String,
    pub mode: u32,
    pub owner: (u64, u64),
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "copy to {} of container {}", self.path, self.container)
    }
}

/// # Errors
/// The mode is none.
pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<Item, Action>, Failure> {
    let Observed { path, there, wanted } = observed;
    let copies = match options.force {
        Some(true) => true,
        Some(false) => there.is_none(),
        None => there.as_ref() != Some(wanted),
    };
    if !copies {
        return Ok(Plan { before: there.clone(), after: there.clone(), actions: vec![] });
    }
    let mode = wanted.mode.as_ref().and_then(|mode| u32::from_str_radix(mode, 8).ok()).unwrap_or(0o777);
    let owner = (wanted.owner_id.unwrap_or_default(), wanted.group_id.unwrap_or_default());
    let action = Action { container: options.container.clone(), path: path.clone(), mode, owner };
    Ok(Plan { before: there.clone(), after: Some(wanted.clone()), actions: vec![action] })
}

#[cfg(test)]
mod tests {
    use super::super::source::Source;
    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| {
                Source::read(options)?;
                options.mode()?;
                options.container_path()?;
                observed.map_or_else(|| Err(Failure::new("nothing was read")), |observed| plan(options, observed))
            },
            |observed, after| observed.map(|observed| Observed { there: after, ..observed }),
        );
    }
}

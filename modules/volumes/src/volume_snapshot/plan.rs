//! What `volume_snapshot` will do, from the options, the volume and the snapshots that are there.

use std::fmt;

use ansible::{Failure, Plan};
use serde::{Deserialize, Serialize};

use super::options::{Options, State};
use crate::backup::card::Card;
use crate::backup::moment;
use crate::snapshot::Method;
use crate::volume_backup::options::Retention;
use crate::volume_backup::retention::superfluous;

/// What is read before a plan is made.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Observed {
    /// Seconds since 1970.
    pub now: i64,
    /// Whether there is such a volume.
    pub volume: bool,
    /// How a snapshot of it would be taken.
    pub method: Option<Method>,
    /// The running containers that have it.
    pub users: Vec<String>,
    /// Its snapshots, the oldest first.
    pub snapshots: Vec<Shot>,
    /// In what it differs from the snapshot that is to be put back: `~ path`.
    pub differences: Vec<String>,
}

/// A snapshot, as plans and results have it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shot {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub volume: String,
    /// When it was taken: RFC 3339.
    pub created: String,
    /// How it was taken.
    pub method: Option<Method>,
    /// Whether a task gave it its name.
    pub named: bool,
}

/// What the diff shows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Shown {
    /// The names of the volume's snapshots.
    pub snapshots: Vec<String>,
    /// What differs from the snapshot.
    pub differs: Option<Vec<String>>,
}

/// One step.
#[derive(Debug, Clone)]
pub enum Action {
    Take(Shot),
    Restore { volume: String, name: String },
    Remove { volume: String, name: String },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Take(Shot { name, volume, method, .. }) => {
                write!(f, "take snapshot {name} of volume {volume} by {}", method.map_or("copy", Method::name))
            }
            Action::Restore { volume, name } => write!(f, "restore volume {volume} from snapshot {name}"),
            Action::Remove { volume, name } => write!(f, "remove snapshot {name} of volume {volume}"),
        }
    }
}

/// # Errors
/// There is no such volume or snapshot, or the volume is in use.
pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<Shown, Action>, Failure> {
    let volume = options.volume_name.clone().unwrap_or_default();
    let mut after = observed.snapshots.clone();
    let mut actions = Vec::new();
    let mut differs = None;
    match options.state {
        State::List => {}
        State::Present => {
            if !observed.volume {
                return Err(Failure::new(format!("`volume_name`: there is no volume {volume}")));
            }
            if !is_there(options, observed) {
                let shot = new(options, observed, volume);
                after.push(shot.clone());
                actions.push(Action::Take(shot));
            }
            actions.extend(forget(options.retention.as_ref(), &mut after)?);
        }
        State::Absent => {
            if options.snapshot.is_none() && options.retention.is_none() {
                return Err(Failure::new("`snapshot` or `retention` must say which snapshots are to be removed"));
            }
            let named = |shot: &mut Shot| options.snapshot.as_ref().is_some_and(|label| label.0 == shot.name);
            let gone = after.extract_if(.., named);
            actions.extend(gone.map(|shot| Action::Remove { volume: volume.clone(), name: shot.name }));
            actions.extend(forget(options.retention.as_ref(), &mut after)?);
        }
        State::Restored => {
            let shot = meant(options, observed)?;
            if !observed.volume {
                return Err(Failure::new(format!("`volume_name`: there is no volume {volume} to restore")));
            }
            if !observed.differences.is_empty() {
                if !observed.users.is_empty() {
                    let users = observed.users.join(", ");
                    return Err(Failure::new(format!("volume {volume} is in use by {users}: stop them first")));
                }
                differs = Some(observed.differences.clone());
                actions.push(Action::Restore { volume, name: shot.name.clone() });
            }
        }
    }
    let shown = |snapshots: &[Shot], differs: Option<Vec<String>>| Shown {
        snapshots: snapshots.iter().map(|shot| shot.name.clone()).collect(),
        differs,
    };
    let restores = differs.is_some();
    Ok(Plan {
        before: Some(shown(&observed.snapshots, differs)),
        after: Some(shown(&after, restores.then(Vec::new))),
        actions,
    })
}

/// Removes what no rule keeps.
fn forget(retention: Option<&Retention>, shots: &mut Vec<Shot>) -> Result<Vec<Action>, Failure> {
    let Some(retention) = retention else { return Ok(vec![]) };
    let Retention { keep_last, keep_hourly, keep_daily, keep_weekly, keep_monthly, keep_yearly } = *retention;
    let rules = [keep_last, keep_hourly, keep_daily, keep_weekly, keep_monthly, keep_yearly];
    if rules.iter().all(|keep| keep.unwrap_or_default() == 0) {
        return Err(Failure::new("`retention` keeps nothing: give at least one rule with 1 or more"));
    }
    let card = |shot: &Shot| Card {
        name: shot.name.clone(),
        created: shot.created.clone(),
        named: shot.named,
        ..Card::default()
    };
    let cards: Vec<Card> = shots.iter().map(card).collect();
    let names: Vec<&String> = superfluous(retention, &cards).into_iter().map(|card| &card.name).collect();
    let gone = shots.extract_if(.., |shot| names.contains(&&shot.name));
    Ok(gone.map(|shot| Action::Remove { volume: shot.volume, name: shot.name }).collect())
}

/// The snapshot that the task is about: the named one, or the newest.
///
/// # Errors
/// There is none.
pub fn meant<'a>(options: &Options, observed: &'a Observed) -> Result<&'a Shot, Failure> {
    let volume = options.volume_name.as_deref().unwrap_or_default();
    let wanted = |shot: &&Shot| options.snapshot.as_ref().is_none_or(|label| label.0 == shot.name);
    observed.snapshots.iter().rev().find(wanted).ok_or_else(|| {
        Failure::new(match &options.snapshot {
            Some(label) => format!("`snapshot`: volume {volume} has no snapshot {}", label.0),
            None => format!("volume {volume} has no snapshot"),
        })
    })
}

/// Whether the snapshot that is asked for has been taken before.
fn is_there(options: &Options, observed: &Observed) -> bool {
    let young = |shot: &Shot, age: i64| moment::seconds(&shot.created).is_some_and(|at| at > observed.now - age);
    match (&options.snapshot, options.max_age) {
        (Some(label), _) => observed.snapshots.iter().any(|shot| shot.name == label.0),
        (None, Some(age)) => observed.snapshots.iter().any(|shot| young(shot, age.0 / 1_000_000_000)),
        (None, None) => false,
    }
}

fn new(options: &Options, observed: &Observed, volume: String) -> Shot {
    let short = moment::short(observed.now);
    let taken = |name: &String| observed.snapshots.iter().any(|shot| shot.name == *name);
    let again = || (2..).map(|number| format!("{short}-{number}")).find(|name| !taken(name));
    let name = match &options.snapshot {
        Some(label) => label.0.clone(),
        None if taken(&short) => again().unwrap_or_default(),
        None => short,
    };
    let named = options.snapshot.is_some();
    Shot { name, volume, created: moment::text(observed.now), method: observed.method, named }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| plan(options, &observed.cloned().unwrap_or_default()),
            |observed, after| {
                let mut observed = observed.unwrap_or_default();
                let after = after.unwrap_or_default();
                observed.snapshots.retain(|shot| after.snapshots.contains(&shot.name));
                let there: Vec<String> = observed.snapshots.iter().map(|shot| shot.name.clone()).collect();
                let new = after.snapshots.into_iter().filter(|name| !there.contains(name));
                let created = moment::text(observed.now);
                observed.snapshots.extend(new.map(|name| Shot { name, created: created.clone(), ..Shot::default() }));
                observed.differences.clear();
                Some(observed)
            },
        );
    }
}

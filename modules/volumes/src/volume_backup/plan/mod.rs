//! What `volume_backup` will do, from the options, the volume, its users and the backups that are there.

mod action;
mod rest;

use std::collections::BTreeMap;

use ansible::{Failure, Plan};
use archive::Differences;
use docker::Volume;
use serde::{Deserialize, Serialize, Serializer};

pub use self::action::Action;
use super::options::{Options, Quiesce, Retention, State};
use super::retention::superfluous;
use crate::backup::card::Card;
use crate::backup::moment;
use crate::backup::users::User;

/// What is read before a plan is made.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Observed {
    /// Seconds since 1970.
    pub now: i64,
    /// The volume that is backed up, or that a backup is put into.
    pub volume: Option<Volume>,
    /// Who has that volume.
    pub users: Vec<User>,
    /// Where the backups are, as a sentence names it.
    pub place: String,
    /// The volume's backups there, the oldest first.
    pub backups: Vec<Card>,
    /// In what the volume differs from the backup that is to be put into it.
    pub differences: Differences,
}

/// What the diff shows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Shown {
    /// The volume's backups.
    #[serde(serialize_with = "names")]
    pub backups: Vec<Card>,
    /// The volume that a backup is put into.
    pub volume: Option<Volume>,
    /// What differs there from the backup, by its path.
    pub differs: Option<BTreeMap<String, String>>,
}

fn names<S: Serializer>(backups: &[Card], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(backups.iter().map(|card| &card.name))
}

/// # Errors
/// There is no such volume or backup, or its users can't be made to rest as the task says.
pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<Shown, Action>, Failure> {
    match options.state {
        State::Present => present(options, observed),
        State::Restored => restored(options, observed),
        State::Absent => absent(options, observed),
        State::List | State::Verified => {
            let shown = Shown { backups: observed.backups.clone(), ..Shown::default() };
            Ok(Plan { before: Some(shown.clone()), after: Some(shown), actions: vec![] })
        }
    }
}

/// The volume whose backups the task is about.
pub fn volume_name(options: &Options) -> &str {
    options.volume_name.as_deref().unwrap_or_default()
}

fn present(options: &Options, observed: &Observed) -> Result<Plan<Shown, Action>, Failure> {
    let name = volume_name(options);
    let Some(volume) = &observed.volume else {
        return Err(Failure::new(format!("`volume_name`: there is no volume {name} to back up")));
    };
    let mut after = observed.backups.clone();
    let mut actions = Vec::new();
    if !is_there(options, observed) {
        let card = new_card(options, observed, volume);
        let (before, afterwards) = rest::plan(options, observed, options.quiesce)?;
        actions.extend(before);
        actions.push(Action::Backup { card: card.clone(), place: observed.place.clone() });
        actions.extend(afterwards);
        after.push(card);
    }
    actions.extend(forget_superfluous(options.retention.as_ref(), observed, &mut after)?);
    Ok(shown(observed, after, actions))
}

/// Whether the backup that is asked for has been made before.
fn is_there(options: &Options, observed: &Observed) -> bool {
    match (&options.backup, options.max_age) {
        (Some(label), _) => observed.backups.iter().any(|card| card.name == label.0),
        (None, Some(age)) => observed.backups.iter().any(|card| card.time() > observed.now - age.0 / 1_000_000_000),
        (None, None) => false,
    }
}

fn new_card(options: &Options, observed: &Observed, volume: &Volume) -> Card {
    let moment = moment::short(observed.now);
    let taken = |name: &String| observed.backups.iter().any(|card| card.name == *name);
    let again = || (2..).map(|number| format!("{moment}-{number}")).find(|name| !taken(name));
    let name = match &options.backup {
        Some(label) => label.0.clone(),
        None if taken(&moment) => again().unwrap_or_default(),
        None => moment,
    };
    Card {
        name,
        volume: volume_name(options).to_owned(),
        named: options.backup.is_some(),
        created: moment::text(observed.now),
        quiesce: options.quiesce.word().to_owned(),
        encrypted: !options.age_recipients.is_empty(),
        driver: volume.driver.clone(),
        driver_options: volume.driver_options.clone(),
        labels: volume.labels.clone(),
        ..Card::default()
    }
}

fn forget_superfluous(
    retention: Option<&Retention>,
    observed: &Observed,
    backups: &mut Vec<Card>,
) -> Result<Vec<Action>, Failure> {
    let Some(retention) = retention else { return Ok(vec![]) };
    let Retention { keep_last, keep_hourly, keep_daily, keep_weekly, keep_monthly, keep_yearly } = *retention;
    let rules = [keep_last, keep_hourly, keep_daily, keep_weekly, keep_monthly, keep_yearly];
    if rules.iter().all(|keep| keep.unwrap_or_default() == 0) {
        return Err(Failure::new("`retention` keeps nothing: give at least one rule with 1 or more"));
    }
    let gone: Vec<Card> = superfluous(retention, backups).into_iter().cloned().collect();
    backups.retain(|card| !gone.contains(card));
    Ok(gone.into_iter().map(|card| Action::Forget { card, place: observed.place.clone() }).collect())
}

fn absent(options: &Options, observed: &Observed) -> Result<Plan<Shown, Action>, Failure> {
    let mut after = observed.backups.clone();
    let mut actions = Vec::new();
    if let Some(label) = &options.backup {
        let gone = observed.backups.iter().filter(|card| card.name == label.0);
        actions.extend(gone.map(|card| Action::Forget { card: card.clone(), place: observed.place.clone() }));
        after.retain(|card| card.name != label.0);
    }
    actions.extend(forget_superfluous(options.retention.as_ref(), observed, &mut after)?);
    Ok(shown(observed, after, actions))
}

fn shown(observed: &Observed, after: Vec<Card>, actions: Vec<Action>) -> Plan<Shown, Action> {
    let shown = |backups| Some(Shown { backups, ..Shown::default() });
    Plan { before: shown(observed.backups.clone()), after: shown(after), actions }
}

/// The backup that is meant: the named one, or the newest.
///
/// # Errors
/// There is none.
pub fn meant<'a>(options: &Options, observed: &'a Observed) -> Result<&'a Card, Failure> {
    let (name, place) = (volume_name(options), &observed.place);
    match &options.backup {
        Some(label) => observed
            .backups
            .iter()
            .find(|card| card.name == label.0)
            .ok_or_else(|| Failure::new(format!("`backup`: {place} has no backup {} of volume {name}", label.0))),
        None => observed
            .backups
            .last()
            .ok_or_else(|| Failure::new(format!("`volume_name`: {place} has no backup of volume {name}"))),
    }
}

fn restored(options: &Options, observed: &Observed) -> Result<Plan<Shown, Action>, Failure> {
    let card = meant(options, observed)?;
    let into = options.restore_to.as_deref().unwrap_or(volume_name(options)).to_owned();
    let shown = |volume: Option<Volume>, differs: BTreeMap<String, String>| {
        Some(Shown { backups: vec![], volume, differs: Some(differs) })
    };
    let Some(volume) = &observed.volume else {
        let driver = if card.driver.is_empty() { "local".to_owned() } else { card.driver.clone() };
        let volume =
            Volume { name: into, driver, driver_options: card.driver_options.clone(), labels: card.labels.clone() };
        let after = shown(Some(volume.clone()), BTreeMap::new());
        let name = volume.name.clone();
        let actions = vec![
            Action::CreateVolume(volume),
            Action::Unpack { card: card.clone(), volume: name.clone() },
            Action::Swap { card: card.clone(), volume: name },
        ];
        return Ok(Plan { before: None, after, actions });
    };
    let first = observed.differences.first.iter();
    let differs = first.map(|one| (one.path.clone(), one.what.clone())).collect();
    let mut actions = Vec::new();
    if observed.differences.count > 0 {
        if options.quiesce != Quiesce::Stop {
            refuse_users(observed, &into)?;
        }
        let (before, afterwards) = rest::plan(options, observed, Quiesce::Stop)?;
        actions.push(Action::Unpack { card: card.clone(), volume: into.clone() });
        actions.extend(before);
        actions.push(Action::Swap { card: card.clone(), volume: into });
        actions.extend(afterwards);
    }
    Ok(Plan {
        before: shown(Some(volume.clone()), differs),
        after: shown(Some(volume.clone()), BTreeMap::new()),
        actions,
    })
}

fn refuse_users(observed: &Observed, volume: &str) -> Result<(), Failure> {
    let running = observed.users.iter().filter(|user| user.runs() || user.state == "paused");
    let names: Vec<&str> = running.map(|user| user.name.as_str()).collect();
    match names.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "volume {volume} is in use by {}: with `quiesce` stop they are stopped for the time of the restore",
            names.join(", ")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| plan(options, observed.unwrap_or(&Observed::default())),
            |observed: Option<Observed>, after| {
                let observed = observed.unwrap_or_default();
                let after = after.unwrap_or_default();
                let differences = Differences::default();
                match after.differs {
                    // A restore: the backups are as they were.
                    Some(_) => Some(Observed { volume: after.volume, differences, ..observed }),
                    None => Some(Observed { backups: after.backups, ..observed }),
                }
            },
        );
    }
}

//! `volume_backup`: backs volumes up and brings them back.

mod apply;
mod observe;
pub mod options;
mod plan;
pub mod retention;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use ansible::{Call, Failure, Module, Outcome, Plan};
use docker::Connection;
use docker_module::connect;

use self::apply::Work;
use self::observe::{observe, of_backup, opening};
use self::options::{Options, State};
use self::plan::{Observed, Shown, meant, plan, volume_name};
use crate::backup::card::Card;
use crate::backup::record::{Held, Record};
use crate::backup::store::{self, Directory, S3, Store};
use crate::backup::{blocking, data, recover};

pub const MODULE: Module = ansible::module!(volume_backup, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let store = store_of(&call, &options).await?;
    match options.state {
        State::List => return list(&options, store).await,
        State::Verified => return verify(&options, store).await,
        State::Absent | State::Present | State::Restored => {}
    }
    let docker_host = data::of_this_machine(&call.options::<Connection>()?)?;
    let engine = connect(&call).await?;
    let held = Held::take(&options.state_directory).await?;
    let (recovered, _) = call
        .carry_out(&recovery(held.left().await?), async |left| recover::undo_record(&left.0, left.1.clone()).await)
        .await?;
    let observed = observe(&engine, &options, &store).await?;
    let planned = plan(&options, &observed)?;
    let work = Work::new(&engine, &docker_host, &options, &store, &held);
    let result = call.carry_out(&planned, async |action| work.apply(action).await).await;
    let (outcome, done) = work.end(result).await?;
    let outcome = outcome.after(recovered);
    tell(&call, &options, &store, &observed, &planned, done.into_iter().flatten().next(), outcome)
}

/// Where the backups are: one of the options says it.
async fn store_of(call: &Call, options: &Options) -> Result<Arc<dyn Store>, Failure> {
    if let Some(ssh) = &options.ssh {
        return Ok(Arc::new(ssh.clone()));
    }
    if let Some(s3) = &options.s3 {
        return Ok(Arc::new(S3::new(s3)?));
    }
    let directory = match (&options.directory, &options.target_volume) {
        (Some(directory), _) if directory.is_absolute() => directory.clone(),
        (Some(directory), _) => {
            return Err(Failure::new(format!("`directory`: {} is no absolute path", directory.display())));
        }
        (None, Some(volume)) => {
            data::of_this_machine(&call.options::<Connection>()?)?;
            let engine = connect(call).await?;
            let found = engine.volume(volume).await?;
            let found = found.ok_or_else(|| Failure::new(format!("`target_volume`: there is no volume {volume}")))?;
            if options.restore_to.as_ref().or(options.volume_name.as_ref()) == Some(volume) {
                return Err(Failure::new(format!("`target_volume`: volume {volume} would hold its own backups")));
            }
            data::find(&engine, &found).await?.path
        }
        (None, None) => return Err(Failure::new("`directory` must say where the backups are kept")),
    };
    Ok(Arc::new(Directory(directory)))
}

/// A record that an earlier run left, and its undoing as a step.
struct Undoing(PathBuf, Record);

impl fmt::Display for Undoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what: Vec<String> = self.1.undo.iter().rev().map(recover::sentence).collect();
        write!(f, "undo what a {} left that did not come to its end: {}", self.1.of, what.join(", "))
    }
}

/// What an earlier run left is undone before anything else is looked at.
fn recovery(left: Vec<(PathBuf, Record)>) -> Plan<Shown, Undoing> {
    Plan { before: None, after: None, actions: left.into_iter().map(|(path, record)| Undoing(path, record)).collect() }
}

fn tell(
    call: &Call,
    options: &Options,
    store: &Arc<dyn Store>,
    observed: &Observed,
    planned: &Plan<Shown, plan::Action>,
    made: Option<Card>,
    outcome: Outcome,
) -> Result<Outcome, Failure> {
    match options.state {
        State::Present => {
            if let Some(card) = made.as_ref().filter(|card| card.unsteady > 0) {
                call.warn(format!(
                    "{} files changed while they were read: the backup holds no single moment of them; see `quiesce`",
                    card.unsteady
                ));
            }
            // In check mode, and where it was there before, what is known of it.
            let there = planned.after.as_ref().and_then(|after| newest(options, &after.backups));
            let card = made.or(there);
            Ok(outcome.with("backup", card.map(|card| facts(store, &card))))
        }
        State::Restored => {
            let card = meant(options, observed)?;
            Ok(outcome.with("backup", facts(store, card)).with("differences", &observed.differences))
        }
        State::Absent | State::List | State::Verified => Ok(outcome),
    }
}

fn newest(options: &Options, backups: &[Card]) -> Option<Card> {
    let named = |card: &&Card| options.backup.as_ref().is_none_or(|label| label.0 == card.name);
    backups.iter().rev().find(named).cloned()
}

/// A backup's card, and where it is.
fn facts(store: &Arc<dyn Store>, card: &Card) -> serde_json::Value {
    let mut facts = serde_json::to_value(card).unwrap_or_default();
    facts["path"] = store.path(&card.file().archive()).into();
    facts
}

async fn list(options: &Options, store: Arc<dyn Store>) -> Result<Outcome, Failure> {
    let (there, volume) = (store.clone(), options.volume_name.clone());
    let cards = blocking(move || store::backups(there.as_ref(), volume.as_deref())).await?;
    let backups: Vec<_> = cards.iter().map(|card| facts(&store, card)).collect();
    Ok(Outcome::unchanged().with("backups", backups))
}

async fn verify(options: &Options, store: Arc<dyn Store>) -> Result<Outcome, Failure> {
    let (there, volume) = (store.clone(), volume_name(options).to_owned());
    let backups = blocking(move || store::backups(there.as_ref(), Some(&volume))).await?;
    let observed = Observed { backups, place: store.place(), ..Observed::default() };
    let card = meant(options, &observed)?.clone();
    let (there, read, opening) = (store.clone(), card.clone(), opening(options, &card)?);
    let verified = blocking(move || {
        let source = there.read(&read.file().archive())?;
        archive::verify(source, opening).map_err(|error| of_backup(&read, there.as_ref(), error))
    })
    .await?;
    Ok(Outcome::unchanged().with("backup", facts(&store, &card)).with("verified", verified))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

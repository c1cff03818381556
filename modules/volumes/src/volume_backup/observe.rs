//! What `volume_backup` reads before it plans: the volume, its users, its backups; and for a restore in what they differ.

use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ansible::Failure;
use archive::{Differences, Opening};
use docker::Engine;

use super::options::{Options, Quiesce, State};
use super::plan::{Observed, meant, volume_name};
use crate::backup::card::Card;
use crate::backup::store::{Store, backups};
use crate::backup::{blocking, data, swap, users};

/// Reads, changes nothing.
pub async fn observe(engine: &Engine, options: &Options, store: &Arc<dyn Store>) -> Result<Observed, Failure> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let volume = volume_name(options).to_owned();
    let backups = {
        let (store, volume) = (store.clone(), volume.clone());
        blocking(move || backups(store.as_ref(), Some(&volume))).await?
    };
    let mut observed =
        Observed { now: i64::try_from(now).unwrap_or_default(), place: store.place(), backups, ..Observed::default() };
    let name = match options.state {
        State::Present => volume,
        State::Restored => options.restore_to.clone().unwrap_or(volume),
        State::Absent | State::List | State::Verified => return Ok(observed),
    };
    let Some(found) = engine.volume(&name).await? else { return Ok(observed) };
    let data = data::find(engine, &found).await?;
    if let Some(directory) = &options.directory {
        refuse_inside(directory, &data.path)?;
    }
    if options.quiesce != Quiesce::None || options.state == State::Restored {
        observed.users = users::of(engine, &name, &data.path).await?;
    }
    observed.volume = Some(found.typed);
    if options.state == State::Restored {
        let card = meant(options, &observed)?;
        observed.differences = differences(store, opening(options, card)?, card, &data.path).await?;
    }
    Ok(observed)
}

/// A backup in the volume would hold itself.
fn refuse_inside(directory: &Path, data: &Path) -> Result<(), Failure> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    match real(directory).starts_with(real(data)) {
        true => Err(Failure::new(format!(
            "`directory`: {} is in the volume itself, {}; keep its backups elsewhere",
            directory.display(),
            data.display()
        ))),
        false => Ok(()),
    }
}

/// Reads the whole backup, so that one that is damaged is refused before anybody is stopped for it.
async fn differences(
    store: &Arc<dyn Store>,
    opening: Opening,
    card: &Card,
    path: &Path,
) -> Result<Differences, Failure> {
    let (store, card, path) = (store.clone(), card.clone(), path.to_owned());
    blocking(move || {
        let source = store.read(&card.file().archive())?;
        let (_, differences) = archive::compare(source, opening, swap::open(&path)?)
            .map_err(|error| of_backup(&card, store.as_ref(), error))?;
        Ok(differences)
    })
    .await
}

/// What is known of a backup's archive: its sum, where its card was not lost, and the keys, where it is encrypted.
///
/// # Errors
/// It is encrypted, and no key is given.
pub fn opening(options: &Options, card: &Card) -> Result<Opening, Failure> {
    let sha256 = Some(card.sha256.clone()).filter(|sum| !sum.is_empty());
    if !card.encrypted {
        return Ok(Opening { sha256, identities: Vec::new() });
    }
    let identities = options.identities()?;
    match identities.is_empty() {
        true => Err(Failure::new(format!(
            "backup {} is encrypted: give its key in `age_identity` or `age_identity_file`",
            card.name
        ))),
        false => Ok(Opening { sha256, identities }),
    }
}

/// An error of an archive, with which it is.
pub fn of_backup(card: &Card, store: &dyn Store, error: archive::Error) -> Failure {
    let failure = Failure::from(error);
    Failure::new(format!("backup {}: {}", store.path(&card.file().archive()), failure.msg()))
}

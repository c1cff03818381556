//! What `volume_snapshot` reads before it plans: the volume, where its files and its snapshots are, its users.

use std::path::{Path, PathBuf};

use ansible::Failure;
use docker::Engine;
use serde_json::Value;

use super::options::{Options, State};
use super::plan::{Observed, Shot, meant};
use crate::backup::users;
use crate::plugin::store::{Store, Volume};
use crate::plugin::users::seconds;
use crate::snapshot::{self, Snapshot, Source};
use crate::system::mounts;
use crate::trouble::{Result, trouble};

/// Where the snapshots of volumes of the engine's own driver are.
const PLACE: &str = "/var/lib/cdgp.docker/snapshots";

/// At the top of another file system.
const PLACE_AT_TOP: &str = ".cdgp-snapshots";

/// How many differences are told.
const MOST: usize = 100;

/// A volume, as far as snapshots go.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its files.
    pub source: Source,
    /// Where its snapshots are.
    pub place: PathBuf,
    /// Itself, of the plug-in.
    pub own: Option<Volume>,
}

/// The volume's files and snapshots. Without the volume: where its snapshots would be.
pub async fn find(
    engine: &Engine,
    options: &Options,
) -> std::result::Result<(Option<Found>, Option<PathBuf>), Failure> {
    let name = options.volume_name.clone().unwrap_or_default();
    let Some(volume) = engine.volume(&name).await? else {
        // Snapshots outlive their volume; of which driver it was, nobody knows any more.
        let places = [
            options.directory.clone().map(|directory| directory.join(&name)),
            Store::find(Path::new(crate::plugin::store::ROOT)).ok().map(|store| store.snapshots(&name)),
            Some(Path::new(PLACE).join(&name)),
        ];
        let place = places.into_iter().flatten().find(|place| place.is_dir());
        return Ok((None, place));
    };
    let data = PathBuf::from(volume.raw.get("Mountpoint").and_then(Value::as_str).unwrap_or_default());
    if !data.is_dir() {
        return Err(Failure::new(format!(
            "the files of volume {name} (driver {}) should be in {:?}, which is no folder here; is `docker_host` the \
             socket of this machine's engine?",
            volume.typed.driver,
            data.display().to_string()
        )));
    }
    if volume.typed.driver == "local" {
        if let Some(key) =
            ["type", "device", "o"].into_iter().find(|key| volume.typed.driver_options.contains_key(*key))
        {
            return Err(Failure::new(format!(
                "volume {name} is a mount of something else (its option {key}): what is mounted has to be kept there"
            )));
        }
        let place = place_of(&data, options.directory.as_deref())?.join(&name);
        let source = Source { volume: name, data, image: None, backend: None };
        return Ok((Some(Found { source, place: place.clone(), own: None }), Some(place)));
    }
    // ROOT/volumes/NAME/data
    let root = data.ancestors().nth(3).unwrap_or(Path::new("/"));
    let own = match Store::find(root) {
        Ok(store) if store.root().join("snapshots").is_dir() => store.volume(&name)?.map(|own| (store, own)),
        _ => None,
    };
    let Some((store, own)) = own.filter(|(_, own)| own.data() == data) else {
        return Err(Failure::new(format!(
            "volume {name} is of driver {}: this takes snapshots of volumes of the engine's own driver and of the plug-in \
             cdgp; use that driver's own",
            volume.typed.driver
        )));
    };
    if options.directory.is_some() {
        return Err(Failure::new("`directory`: the plug-in keeps its volumes' snapshots beside them; leave it out"));
    }
    let place = store.snapshots(&name);
    Ok((Some(Found { source: own.source(), place: place.clone(), own: Some(own) }), Some(place)))
}

/// The folder of all volumes' snapshots, for a volume of the engine's own driver.
fn place_of(data: &Path, directory: Option<&Path>) -> Result<PathBuf> {
    if let Some(directory) = directory {
        if !directory.is_absolute() {
            return Err(trouble!("`directory`: {} is no absolute path", directory.display()));
        }
        if directory.starts_with(data) {
            return Err(trouble!("`directory`: {} is in the volume itself", directory.display()));
        }
        return Ok(directory.to_owned());
    }
    let table = mounts::table("self")?;
    let usual = Path::new(PLACE);
    let there = usual.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    let (volume, place) = (mounts::mount_of(&table, data), mounts::mount_of(&table, there));
    let top = volume.map(|mount| mount.target.as_path()).unwrap_or(Path::new("/"));
    if volume.zip(place).is_none_or(|(volume, place)| volume.device == place.device)
        || data.starts_with(top) && top == data
    {
        return Ok(usual.to_owned());
    }
    Ok(top.join(PLACE_AT_TOP))
}

/// Reads, changes nothing.
pub async fn observe(
    engine: &Engine,
    options: &Options,
    found: Option<&Found>,
    place: Option<&Path>,
) -> std::result::Result<Observed, Failure> {
    let snapshots = place.map(Snapshot::all).transpose()?.unwrap_or_default();
    let mut observed = Observed {
        now: seconds().cast_signed(),
        volume: found.is_some(),
        snapshots: snapshots.iter().map(shot).collect(),
        ..Observed::default()
    };
    let Some(Found { source, place, .. }) = found else { return Ok(observed) };
    match options.state {
        State::Present => {
            observed.method = Some(snapshot::method(source, place, options.method.wanted())?);
            observed.users = running(engine, source).await?;
        }
        State::Restored => {
            let name = meant(options, &observed)?.name.clone();
            let wanted = snapshots.into_iter().find(|snapshot| snapshot.name == name);
            let original = source;
            let source = source.clone();
            let work = move || match wanted {
                Some(snapshot) => snapshot::differences(&source, &snapshot, MOST),
                None => Ok(Vec::new()),
            };
            let differences = tokio::task::spawn_blocking(work).await??;
            observed.differences = differences.iter().map(ToString::to_string).collect();
            observed.users = running(engine, original).await?;
        }
        State::Absent | State::List => {}
    }
    Ok(observed)
}

/// A snapshot as plans have it.
pub fn shot(snapshot: &Snapshot) -> Shot {
    let Snapshot { name, record, .. } = snapshot;
    Shot {
        name: name.clone(),
        volume: record.volume.clone(),
        created: record.created_at.clone(),
        method: Some(record.method),
        named: record.named,
    }
}

/// The containers that have the volume, and run, are paused or are about to run again.
async fn running(engine: &Engine, source: &Source) -> std::result::Result<Vec<String>, Failure> {
    let users = users::of(engine, &source.volume, &source.data).await?;
    Ok(users.into_iter().filter(|user| user.runs() || user.state == "paused").map(|user| user.name).collect())
}

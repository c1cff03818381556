//! `volume_snapshot`: takes snapshots of volumes, puts them back, removes them.

mod apply;
mod observe;
mod options;
mod plan;

use std::path::{Path, PathBuf};

use ansible::{Call, Failure, Module, Outcome};
use docker::Connection;
use docker_module::connect;
use serde_json::Value;

use self::apply::apply;
use self::observe::{find, observe, shot};
use self::options::{Options, State};
use self::plan::{Observed, Shot, meant, plan};
use crate::backup::data::of_this_machine;
use crate::snapshot::{Method, Snapshot, faster_than_copy};

pub const MODULE: Module = ansible::module!(volume_snapshot, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    of_this_machine(&call.options::<Connection>()?)?;
    let engine = connect(&call).await?;
    if options.state == State::List && options.volume_name.is_none() {
        return list(&engine, &options).await;
    }
    let (found, place) = find(&engine, &options).await?;
    let observed = observe(&engine, &options, found.as_ref(), place.as_deref()).await?;
    let planned = plan(&options, &observed)?;
    if options.state == State::List {
        let facts: Vec<Value> = observed.snapshots.iter().map(|shot| facts(shot, place.as_deref())).collect();
        return Ok(Outcome::unchanged().with("snapshots", facts));
    }
    if !planned.actions.is_empty() && options.state == State::Present {
        warn(&call, &observed, found.as_ref().and_then(|found| faster_than_copy(&found.source)));
    }
    let applied = async |action: &_| apply(found.as_ref(), place.as_deref(), action).await;
    let (outcome, done) = call.carry_out(&planned, applied).await?;
    let taken = done.into_iter().flatten().next();
    Ok(match options.state {
        State::Present => {
            let planned = planned.actions.iter().find_map(|action| match action {
                plan::Action::Take(shot) => Some(shot.clone()),
                _ => None,
            });
            let shot = taken.as_ref().map(shot).or(planned).or_else(|| there(&options, &observed));
            outcome.with("snapshot", shot.map(|shot| facts(&shot, place.as_deref())))
        }
        State::Restored => outcome.with("snapshot", facts(meant(&options, &observed)?, place.as_deref())),
        State::Absent | State::List => outcome,
    })
}

/// The snapshot that made a new one needless.
fn there(options: &Options, observed: &Observed) -> Option<Shot> {
    meant(options, observed).ok().cloned()
}

fn warn(call: &Call, observed: &Observed, faster: Option<String>) {
    if observed.method == Some(Method::Copy)
        && let Some(faster) = faster
    {
        call.warn(format!("{faster}; every byte is copied"));
    }
    if matches!(observed.method, Some(Method::Copy | Method::Reflink)) && !observed.users.is_empty() {
        let users = observed.users.join(", ");
        call.warn(format!(
            "{users} may write to the volume while the snapshot is taken: its files are not all of one moment"
        ));
    }
}

/// A snapshot, and where it is.
fn facts(shot: &Shot, place: Option<&Path>) -> Value {
    let mut facts = serde_json::to_value(shot).unwrap_or_default();
    facts["path"] = place.map(|place| place.join(&shot.name)).unwrap_or_default().to_string_lossy().into();
    facts
}

/// The snapshots of all volumes: of those that there are, and in the places where such are kept.
async fn list(engine: &docker::Engine, options: &Options) -> Result<Outcome, Failure> {
    let answer = engine.get("/volumes", &[]).await?;
    let mut places: Vec<PathBuf> = Vec::new();
    for volume in answer["Volumes"].as_array().into_iter().flatten() {
        let name = volume["Name"].as_str().unwrap_or_default().to_owned();
        let one = Options {
            volume_name: Some(name),
            state: State::List,
            snapshot: None,
            method: options.method,
            directory: options.directory.clone().filter(|_| volume["Driver"] == "local"),
            max_age: None,
            retention: None,
        };
        // A volume that can have no snapshots has none.
        if let Ok((_, Some(place))) = find(engine, &one).await {
            places.extend(place.parent().map(Path::to_owned));
        }
    }
    places.extend(options.directory.clone());
    places.sort_unstable();
    places.dedup();
    let mut facts_of_all = Vec::new();
    for place in places {
        for volume in crate::snapshot::volumes(&place)? {
            let folder = place.join(volume);
            facts_of_all.extend(Snapshot::all(&folder)?.iter().map(|snapshot| facts(&shot(snapshot), Some(&folder))));
        }
    }
    Ok(Outcome::unchanged().with("snapshots", facts_of_all))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

//! One step for each action.

use std::path::{Path, PathBuf};

use ansible::Failure;
use tokio::task::spawn_blocking;

use super::observe::Found;
use super::plan::Action;
use crate::plugin::spec::SnapshotName;
use crate::snapshot::{self, Method, Snapshot};
use crate::trouble::trouble;

pub async fn apply(found: Option<&Found>, place: Option<&Path>, action: &Action) -> Result<Option<Snapshot>, Failure> {
    let (found, action) = (found.cloned(), action.clone());
    let place = place.map(PathBuf::from).ok_or_else(|| Failure::new("there is no place for snapshots"))?;
    let work = move || match action {
        Action::Take(shot) => {
            let found = found.ok_or_else(|| trouble!("the volume has gone"))?;
            let method = shot.method.unwrap_or(Method::Copy);
            snapshot::take(&found.source, &place, &shot.name, shot.named, method).map(Some)
        }
        Action::Restore { volume, name } => {
            let found = found.ok_or_else(|| trouble!("the volume has gone"))?;
            let snapshot = Snapshot::of(&place, &SnapshotName { volume, name })?;
            // Nobody mounts it meanwhile.
            let _lock = found.own.as_ref().map(crate::plugin::store::Volume::lock).transpose()?;
            if let Some(why) = found.own.as_ref().map(crate::plugin::store::Volume::not_idle).transpose()?.flatten() {
                return Err(trouble!("it is in use: {why}"));
            }
            snapshot::restore(&found.source, &snapshot).map(|()| None)
        }
        Action::Remove { volume, name } => {
            Snapshot::of(&place, &SnapshotName { volume, name })?.remove().map(|()| None)
        }
    };
    Ok(spawn_blocking(work).await??)
}

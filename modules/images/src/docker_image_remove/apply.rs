//! One engine call for each action.

use std::collections::BTreeSet;

use ansible::{Failure, Plan};
use bollard::query_parameters::RemoveImageOptions;
use docker::Engine;

use super::plan::{Action, Images};

/// What went: IDs, and names.
#[derive(Debug, Default)]
pub struct Removed {
    pub deleted: BTreeSet<String>,
    pub untagged: BTreeSet<String>,
}

impl Removed {
    /// What will go, as far as the plan knows: the engine may remove layers too.
    pub fn planned(plan: &Plan<Images, Action>) -> Self {
        let names = |image: &Option<Images>| image.as_ref().map(Images::names).unwrap_or_default();
        let untagged = names(&plan.before).difference(&names(&plan.after)).cloned().collect();
        let gone = plan.before.as_ref().filter(|_| plan.after.is_none());
        Removed { deleted: gone.iter().map(|image| image.id.clone()).collect(), untagged }
    }
}

/// What the engine says went with it.
pub async fn apply(engine: &Engine, action: &Action) -> Result<Removed, Failure> {
    let Action::Remove { image, force, prune } = action;
    let options = RemoveImageOptions { force: *force, noprune: !prune, ..RemoveImageOptions::default() };
    let key = docker::url_path(&image.key());
    let told = match engine.write_patiently(|client| client.remove_image(&key, Some(options), None)).await {
        // Somebody else was faster.
        Err(error) if error.is_not_found() => vec![],
        told => told?,
    };
    let deleted = told.iter().filter_map(|item| item.deleted.clone()).collect();
    let untagged = told.iter().filter_map(|item| item.untagged.clone()).collect();
    Ok(Removed { deleted, untagged })
}

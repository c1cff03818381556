//! Carries out each action.

use ansible::Failure;

use super::plan::Action;
use super::{guard, keep, kernel};

/// The name of the change that waits for its confirmation, where the action begins that wait.
pub fn apply(action: &Action) -> Result<Option<String>, Failure> {
    match action {
        Action::Arm { seconds, before, after, persist } => {
            return guard::arm(*seconds, (**before).clone(), (**after).clone(), *persist).map(Some);
        }
        Action::Change { change, .. } => change.make()?,
        Action::RemoveSets(names) => kernel::remove_sets(names),
        Action::Keep { files, .. } => keep::bring_to(files)?,
    }
    Ok(None)
}

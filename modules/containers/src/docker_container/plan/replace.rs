//! How a container takes the place of another, and how what an interrupted replacement left is put in order.
//!
//! The new one is made under a name of its own, so that nothing is lost when it can't be made. With `safe_replace` the
//! old one is kept too, stopped and renamed, until the new one has started well. The names tell the next run what
//! happened, whatever ended this one.

use serde::Deserialize;

use super::super::options::{Options, State};
use super::action::Action;
use super::container::Container;
use super::stop;

/// The name under which the new container is made.
pub fn new_name(name: &str) -> String {
    format!("{name}.cdgp-new")
}

/// The name under which the old container is kept.
pub fn old_name(name: &str) -> String {
    format!("{name}.cdgp-old")
}

/// What an interrupted replacement left.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Leftovers {
    /// The container that was to be replaced.
    pub old: Option<Container>,
    /// The one that was to take its place.
    pub new: Option<Container>,
}

impl Leftovers {
    pub fn is_empty(&self) -> bool {
        self.old.is_none() && self.new.is_none()
    }
}

/// The steps around making a container that takes the place of `there`: those before it starts, and those after.
pub fn replace(options: &Options, there: &Container, make: Vec<Action>) -> (Vec<Action>, Vec<Action>) {
    let name = || options.name.clone();
    let (new, old) = (new_name(&options.name), old_name(&options.name));
    let remove = |name: String| Action::Remove {
        name,
        volumes: !options.keep_volumes,
        force: options.force_kill && there.running,
        timeout: options.removal_wait_timeout,
    };
    let mut before = make;
    if there.running {
        before.push(stop(options));
    }
    if !options.keeps_the_old() {
        before.push(remove(name()));
        before.push(Action::Rename { name: new, to: name() });
        return (before, vec![]);
    }
    before.push(Action::Rename { name: name(), to: old.clone() });
    before.push(Action::Rename { name: new, to: name() });
    let mut after = Vec::new();
    if matches!(options.state, State::Started | State::Healthy) {
        after.push(Action::AwaitStarted { name: name(), timeout: options.healthy_wait_timeout });
    }
    after.push(remove(old));
    (before, after)
}

/// Puts in order what a replacement left, and the container that has the name afterwards.
///
/// A new container that has started well stays; any other goes, and the old one comes back.
pub fn recover(
    options: &Options,
    there: Option<&Container>,
    leftovers: &Leftovers,
) -> (Vec<Action>, Option<Container>) {
    let name = || options.name.clone();
    let remove = |name: String, volumes: bool| Action::Discard { name, volumes };
    let (new, old) = (new_name(&options.name), old_name(&options.name));
    let mut actions = Vec::new();
    if leftovers.new.is_some() && (there.is_some() || leftovers.old.is_some()) {
        actions.push(remove(new.clone(), true));
    }
    let stays = match (there, &leftovers.old, &leftovers.new) {
        (None, None, None) => None,
        // The old one is gone already: the new one is all there is.
        (None, None, Some(made)) => {
            actions.push(Action::Rename { name: new, to: name() });
            Some(made.clone())
        }
        (Some(there), None, _) => Some(there.clone()),
        (Some(there), Some(_), _) if there.has_started_well() => {
            actions.push(remove(old, !options.keep_volumes));
            Some(there.clone())
        }
        (there, Some(kept), _) => {
            if there.is_some() {
                actions.push(remove(name(), true));
            }
            actions.push(Action::Rename { name: old, to: name() });
            Some(kept.clone())
        }
    };
    (actions, stays)
}

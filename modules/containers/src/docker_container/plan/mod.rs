//! What `docker_container` will do, from the options and what is there.

mod action;
mod body;
mod compare;
mod comparisons;
mod container;
mod devices;
mod fixed_limits;
mod health;
mod isolation;
mod limits;
mod logging;
mod network;
mod ports;
mod process;
mod replace;
mod restart;
mod storage;
mod told;

use ansible::{Failure, Plan};
use docker::{ApiVersion, Image};
use serde::Deserialize;

pub use self::action::{Action, Create};
pub use self::container::Container;
use self::network::Endpoint;
pub use self::replace::{Leftovers, new_name, old_name, recover};
pub use self::told::diff;
use super::options::{Options, State, Target};

/// What was read before anything is decided.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Observed {
    pub container: Option<Container>,
    /// Read only when the plan may meet them.
    pub leftovers: Leftovers,
    /// The image that the task names, if it is on the engine.
    pub image: Option<Image>,
    /// The image whose environment, labels and ports are the base of comparisons.
    pub comparison_image: Option<Image>,
    /// Where ports are published for which the task names no address.
    pub default_host_ip: Option<String>,
    pub target: Target,
    #[serde(skip)]
    pub api_version: ApiVersion,
}

/// # Errors
/// The options contradict each other or what is there.
pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<Container, Action>, Failure> {
    let options = &options.on(&observed.target);
    comparisons::check(options, observed)?;
    let (mut actions, there) = recover(options, observed.container.as_ref(), &observed.leftovers);
    let plan = wanted(options, observed, there.as_ref())?;
    actions.extend(plan.actions);
    Ok(Plan { actions, before: observed.container.clone(), after: plan.after })
}

/// From the container that is there, once leftovers are put in order.
fn wanted(
    options: &Options,
    observed: &Observed,
    there: Option<&Container>,
) -> Result<Plan<Container, Action>, Failure> {
    match (options.state, there) {
        (State::Absent, None) => Ok(Plan { before: None, after: None, actions: vec![] }),
        (State::Absent, Some(container)) => {
            let actions = remove(options, container);
            Ok(Plan { before: Some(container.clone()), after: None, actions })
        }
        (State::Present | State::Started | State::Stopped | State::Healthy, None) => create(options, observed),
        (State::Present | State::Started | State::Stopped | State::Healthy, Some(container)) => {
            change(options, observed, container)
        }
    }
}

/// There is none: make it.
fn create(options: &Options, observed: &Observed) -> Result<Plan<Container, Action>, Failure> {
    let Some(image) = &options.image else {
        return Err(Failure::new("Cannot create container when image is not specified!"));
    };
    if !docker::is_name(&options.name) {
        return Err(Failure::new(format!("`name`: {:?} can't be a container's name; {}", options.name, docker::NAMES)));
    }
    let mut after = Container::fresh(options, observed)?;
    let mut actions = make(options, observed, &after, image, &options.name);
    actions.extend(settle(options, &mut after));
    Ok(Plan { before: None, after: Some(after), actions })
}

/// There is one: change what can be changed, replace it when something else differs.
fn change(options: &Options, observed: &Observed, there: &Container) -> Result<Plan<Container, Action>, Failure> {
    let mut after = there.overlaid(options, observed)?;
    let mut actions = Vec::new();
    if options.recreate || !there.is_but_for_live_changes(&after) {
        let image = options.image.clone().unwrap_or_else(|| there.image.clone());
        let fresh = Container::fresh(options, observed)?;
        if options.keeps_the_old() && there.removes_itself() {
            return Err(Failure::new(format!(
                "container {} removes itself when it stops (`auto_remove`), so `safe_replace` can't keep it",
                options.name
            )));
        }
        let made = make(options, observed, &fresh, &image, &replace::new_name(&options.name));
        let (before, last) = replace::replace(options, there, made);
        (after.running, after.paused) = (false, false);
        actions.extend(before);
        actions.extend(settle(options, &mut after));
        actions.extend(last);
    } else {
        if let Some(update) = there.live_update(&after, options, observed)? {
            actions.push(update);
        }
        actions.extend(there.connections(&after, options));
        actions.extend(settle(options, &mut after));
    }
    Ok(Plan { before: Some(there.clone()), after: Some(after), actions })
}

/// Stop and remove.
fn remove(options: &Options, there: &Container) -> Vec<Action> {
    let mut actions = Vec::new();
    if there.running {
        actions.push(stop(options));
    }
    actions.push(Action::Remove {
        name: options.name.clone(),
        volumes: !options.keep_volumes,
        force: options.force_kill && there.running,
        timeout: options.removal_wait_timeout,
    });
    actions
}

/// The way to stop that the options name.
fn stop(options: &Options) -> Action {
    let name = options.name.clone();
    if options.force_kill {
        Action::Kill { name, signal: options.kill_signal.clone(), grace: options.stop_timeout }
    } else {
        Action::Stop { name, timeout: options.stop_timeout }
    }
}

/// Create and connect. Before API 1.44 a container is created in one network only, and connected to the others.
fn make(options: &Options, observed: &Observed, fresh: &Container, image: &str, name: &str) -> Vec<Action> {
    let wished = options.networks.as_deref().unwrap_or_default();
    let at_once = match (options.networks_cli_compatible, observed.api_version >= ApiVersion::new(1, 44)) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => wished.len(),
    };
    let (at_once, later) = wished.split_at(at_once.min(wished.len()));
    let networks = at_once.iter().map(|network| (network.name.clone(), Endpoint::wished(network))).collect();
    let mut actions = vec![Action::Create(Box::new(Create {
        name: name.to_owned(),
        image: image.to_owned(),
        platform: options.platform.clone(),
        body: fresh.body(),
        networks,
    }))];
    actions.extend(later.iter().map(|network| Action::Connect {
        name: name.to_owned(),
        network: network.name.clone(),
        endpoint: Endpoint::wished(network),
    }));
    actions.extend(network::left_at_once(options).map(|network| Action::Disconnect { name: name.to_owned(), network }));
    actions
}

/// Start, stop, restart, pause: from the state that `after` is in to the one that the options name.
fn settle(options: &Options, after: &mut Container) -> Vec<Action> {
    let name = || options.name.clone();
    let mut actions = Vec::new();
    match options.state {
        State::Absent | State::Present => return actions,
        State::Stopped => {
            if after.running {
                actions.push(stop(options));
                (after.running, after.paused) = (false, false);
            }
            return actions;
        }
        State::Started | State::Healthy => {}
    }
    if !after.running {
        let to_its_end = options.detach == Some(false);
        actions.push(Action::Start { name: name(), to_its_end, cleanup: to_its_end && options.cleanup });
        after.running = !to_its_end;
    } else if options.restart {
        actions.push(Action::Restart { name: name(), timeout: options.stop_timeout });
        after.paused = false;
    }
    match options.paused {
        Some(true) if !after.paused => actions.push(Action::Pause { name: name() }),
        Some(false) if after.paused => actions.push(Action::Unpause { name: name() }),
        _ => {}
    }
    after.paused = options.paused.unwrap_or(after.paused);
    actions
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
            |observed, after| {
                let leftovers = Leftovers::default();
                Some(Observed { container: after, leftovers, ..observed.unwrap_or_default() })
            },
        );
    }
}

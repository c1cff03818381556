//! How a volume's users are made to rest, and what follows when they may go on.

use ansible::Failure;

use super::super::options::{Options, Quiesce};
use super::action::{Action, Hook};
use super::{Observed, volume_name};
use crate::backup::users::{TaskOf, User};

/// The steps before, and those after.
///
/// # Errors
/// A user can't be made to rest in that way.
pub fn plan(options: &Options, observed: &Observed, quiesce: Quiesce) -> Result<(Vec<Action>, Vec<Action>), Failure> {
    let running: Vec<&User> = observed.users.iter().filter(|user| user.runs()).collect();
    // Whoever was started last may need those before it: it rests first, and goes on last.
    match quiesce {
        Quiesce::None => Ok((vec![], vec![])),
        Quiesce::Pause => Ok((
            running.iter().rev().map(|user| Action::Pause((*user).clone())).collect(),
            running.iter().map(|user| Action::Unpause((*user).clone())).collect(),
        )),
        Quiesce::Stop => stop(options, &observed.users),
        Quiesce::Hook => hook(options, &running),
    }
}

/// Containers are stopped; of a service the tasks are, or else the swarm would start others.
fn stop(options: &Options, users: &[User]) -> Result<(Vec<Action>, Vec<Action>), Failure> {
    let timeout = options.stop_timeout;
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let mut services: Vec<&TaskOf> = Vec::new();
    // Paused ones too: they hold what they have open.
    for user in users.iter().filter(|user| user.runs() || user.state == "paused") {
        match &user.service {
            Some(service) => {
                if !services.contains(&service) {
                    check_service(service)?;
                    services.push(service);
                    before.push(Action::ScaleDown(service.clone()));
                    after.push(Action::ScaleBack(service.clone()));
                }
            }
            None if user.auto_remove => {
                return Err(Failure::new(format!(
                    "`quiesce`: container {} is removed when it stops (`auto_remove`) and could not be started again; pause \
                     it instead",
                    user.name
                )));
            }
            None => {
                before.push(Action::Stop { user: user.clone(), timeout });
                after.push(Action::Start { user: user.clone(), timeout });
            }
        }
    }
    before.reverse();
    Ok((before, after))
}

fn check_service(service: &TaskOf) -> Result<(), Failure> {
    let refused = |why: &str| Err(Failure::new(format!("`quiesce`: service {} {why}", service.name)));
    match service {
        TaskOf { manager: false, .. } => refused(
            "can be scaled down only by a manager of the swarm, and this engine is none; pause its tasks instead",
        ),
        TaskOf { replicas: None, .. } => {
            refused("has a task on each node and can't be scaled down; pause its tasks instead")
        }
        _ => Ok(()),
    }
}

/// The commands run in the container that is named, or else in the only user; where no user runs, nothing has to.
fn hook(options: &Options, running: &[&User]) -> Result<(Vec<Action>, Vec<Action>), Failure> {
    let Some(hook) = &options.hook else {
        return Err(Failure::new("`quiesce` hook needs `hook`: the commands to run before and after"));
    };
    let container = match (&hook.container, running) {
        (_, []) => return Ok((vec![], vec![])),
        (Some(container), _) => container.clone(),
        (None, [user]) => user.name.clone(),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|user| user.name.as_str()).collect();
            return Err(Failure::new(format!(
                "`hook.container` must say in which of the containers that use volume {} the commands run: {}",
                volume_name(options),
                names.join(", ")
            )));
        }
    };
    let step = |argv: &[String], after: Option<Vec<String>>| Hook {
        container: container.clone(),
        user: hook.user.clone(),
        argv: argv.to_vec(),
        after,
    };
    let before = vec![Action::HookBefore(step(&hook.before, hook.after.clone()))];
    let after = hook.after.iter().map(|argv| Action::HookAfter(step(argv, None))).collect();
    Ok((before, after))
}

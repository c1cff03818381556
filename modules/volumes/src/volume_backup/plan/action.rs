//! What `volume_backup` does, one step each.

use std::fmt;

use docker::Volume;

use crate::backup::card::Card;
use crate::backup::users::{TaskOf, User};

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Pause(User),
    Unpause(User),
    Stop { user: User, timeout: Option<i32> },
    Start { user: User, timeout: Option<i32> },
    ScaleDown(TaskOf),
    ScaleBack(TaskOf),
    HookBefore(Hook),
    HookAfter(Hook),
    Backup { card: Card, place: String },
    Forget { card: Card, place: String },
    CreateVolume(Volume),
    Unpack { card: Card, volume: String },
    Swap { card: Card, volume: String },
}

/// A command in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    pub container: String,
    pub user: Option<String>,
    pub argv: Vec<String>,
    /// The command that follows, of the one before.
    pub after: Option<Vec<String>>,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Pause(user) => write!(f, "pause container {}", user.name),
            Action::Unpause(user) => write!(f, "unpause container {}", user.name),
            Action::Stop { user, .. } => write!(f, "stop container {}", user.name),
            Action::Start { user, .. } => write!(f, "start container {}", user.name),
            Action::ScaleDown(service) => write!(f, "scale service {} to 0", service.name),
            Action::ScaleBack(service) => {
                write!(f, "scale service {} to {}", service.name, service.replicas.unwrap_or_default())
            }
            Action::HookBefore(hook) | Action::HookAfter(hook) => {
                write!(f, "run {} in container {}", hook.argv.join(" "), hook.container)
            }
            Action::Backup { card, place } => write!(f, "back up volume {} to {place} as {}", card.volume, card.name),
            Action::Forget { card, place } => {
                write!(f, "remove backup {} of volume {} from {place}", card.name, card.volume)
            }
            Action::CreateVolume(volume) => write!(f, "create volume {} with driver {}", volume.name, volume.driver),
            Action::Unpack { card, volume } => {
                write!(f, "unpack and check backup {} of volume {} beside volume {volume}", card.name, card.volume)
            }
            Action::Swap { card, volume } => {
                write!(f, "put backup {} into volume {volume} in place of what it has", card.name)
            }
        }
    }
}

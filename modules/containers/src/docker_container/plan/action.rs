//! The steps of a plan.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::network::Endpoint;

/// One engine call.
#[derive(Debug)]
pub enum Action {
    Create(Box<Create>),
    /// Limits and restart policy of a container that stays.
    Update {
        name: String,
        what: Vec<String>,
        body: Value,
    },
    Connect {
        name: String,
        network: String,
        endpoint: Endpoint,
    },
    Disconnect {
        name: String,
        network: String,
    },
    /// `to_its_end`: the task waits for the process, reports its output, and fails when it fails.
    Start {
        name: String,
        to_its_end: bool,
        cleanup: bool,
    },
    /// Seconds that the process gets before it is killed; `None`: the container's own.
    Stop {
        name: String,
        timeout: Option<i64>,
    },
    /// After a signal that the user named, seconds to wait for the process' end; `None`: the engine's default.
    Kill {
        name: String,
        signal: Option<String>,
        grace: Option<i64>,
    },
    Restart {
        name: String,
        timeout: Option<i64>,
    },
    Pause {
        name: String,
    },
    Unpause {
        name: String,
    },
    /// Seconds to wait until it is gone; `None`: as long as it takes.
    Remove {
        name: String,
        volumes: bool,
        /// Although it may still run.
        force: bool,
        timeout: Option<f64>,
    },
    /// A container of an interrupted replacement goes, whatever it does.
    Discard {
        name: String,
        volumes: bool,
    },
    Rename {
        name: String,
        to: String,
    },
    /// Waits until the health check is content; without one, until it has run for a moment. Seconds to wait at most.
    AwaitStarted {
        name: String,
        timeout: Option<f64>,
    },
    /// Changes nothing, so no plan has it. Seconds to wait; `None`: as long as it takes.
    AwaitHealthy {
        name: String,
        timeout: Option<f64>,
    },
}

impl Action {
    /// Whether it is part of a replacement, which has to be undone when it fails.
    pub fn replaces(&self) -> bool {
        matches!(self, Action::Rename { .. })
    }
}

/// A container to be made.
#[derive(Debug)]
pub struct Create {
    pub name: String,
    pub image: String,
    pub platform: Option<String>,
    /// The body of `POST /containers/create`, without image and networks.
    pub body: Value,
    /// The networks that it starts in.
    pub networks: BTreeMap<String, Endpoint>,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Create(create) => {
                write!(f, "create container {} from image {}", create.name, create.image)?;
                let networks: Vec<&str> = create.networks.keys().map(String::as_str).collect();
                if networks.is_empty() { Ok(()) } else { write!(f, " in network {}", networks.join(", ")) }
            }
            Action::Update { name, what, .. } => write!(f, "update container {name}: {}", what.join(", ")),
            Action::Connect { name, network, .. } => write!(f, "connect container {name} to network {network}"),
            Action::Disconnect { name, network } => write!(f, "disconnect container {name} from network {network}"),
            Action::Start { name, to_its_end: false, .. } => write!(f, "start container {name}"),
            Action::Start { name, to_its_end: true, cleanup } => {
                let cleanup = if *cleanup { ", then remove it" } else { "" };
                write!(f, "run container {name} to its end{cleanup}")
            }
            Action::Stop { name, .. } => write!(f, "stop container {name}"),
            Action::Kill { name, signal, .. } => {
                write!(f, "kill container {name}")?;
                signal.as_ref().map_or(Ok(()), |signal| write!(f, " with {signal}"))
            }
            Action::Restart { name, .. } => write!(f, "restart container {name}"),
            Action::Pause { name } => write!(f, "pause container {name}"),
            Action::Unpause { name } => write!(f, "unpause container {name}"),
            Action::Remove { name, volumes: false, .. } => write!(f, "remove container {name}"),
            Action::Remove { name, volumes: true, .. } => {
                write!(f, "remove container {name} and its anonymous volumes")
            }
            Action::Discard { name, .. } => write!(f, "remove container {name}, left by an interrupted replacement"),
            Action::Rename { name, to } => write!(f, "rename container {name} to {to}"),
            Action::AwaitStarted { name, .. } => write!(f, "wait until container {name} has started well"),
            Action::AwaitHealthy { name, .. } => write!(f, "wait until container {name} is healthy"),
        }
    }
}

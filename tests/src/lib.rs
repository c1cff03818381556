//! What the tests (and `xtask demo`, `xtask hosts`) run against: private engines and whole hosts, in namespaces of their
//! own, with nothing of the machine touched and nothing left behind.

mod debian;
mod engine;
pub mod hosts;
mod image;
mod inside;
mod module;
mod namespace;
mod network;
mod plugin;
mod podman;
mod proxy;
mod registry;
mod site;
mod target;

pub use engine::{Engine, Version};
pub use inside::{Host, Inside};
pub use module::{Call, tool};
pub use namespace::answers;
pub use network::Network;
pub use plugin::{Plugin, answer, exchange};
pub use podman::Podman;
pub use proxy::{Fault, Proxy};
pub use registry::Registry;
pub use site::{Filter, Probe, Site};
pub use target::{S3, Sshd};

/// Why a fixture could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    fn new(doing: &str, reason: impl std::fmt::Display) -> Failure {
        Failure(format!("{doing}: {reason}"))
    }
}

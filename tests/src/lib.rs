//! What the tests (and `xtask demo`) run against: private engines, in namespaces of their own, with nothing of the
//! machine touched and nothing left behind.

mod engine;
mod image;
mod namespace;
mod podman;

pub use engine::{Engine, Version};
pub use podman::Podman;

/// Why a fixture could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    fn new(doing: &str, reason: impl std::fmt::Display) -> Failure {
        Failure(format!("{doing}: {reason}"))
    }
}

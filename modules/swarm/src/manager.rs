//! What all modules need that ask a swarm's manager.

use ansible::Failure;
use docker::{Engine, Inspected, Swarm};

/// The swarm, as this engine knows it as one of its managers.
///
/// # Errors
/// It is none. The peer's words, which plays match on.
pub async fn swarm(engine: &Engine) -> Result<Inspected<Swarm>, Failure> {
    let not_one = || Failure::new("Error running docker swarm module: must run on swarm manager node");
    engine.swarm().await?.ok_or_else(not_one)
}

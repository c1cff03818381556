//! Options that need a newer engine than the oldest that we speak to.

use ansible::Failure;
use docker::{ApiVersion, Engine};

/// Holds the options that are used and the API that each needs against the engine.
///
/// # Errors
/// Names the first option that the engine is too old for, in the peer's words, which plays match on.
pub fn require_api(engine: &Engine, needs: &[(&str, ApiVersion)]) -> Result<(), Failure> {
    let spoken = engine.api_version();
    match needs.iter().find(|(_, least)| spoken < *least) {
        Some((option, least)) => Err(Failure::new(format!(
            "Docker API version is {spoken}. Minimum version required is {least} to set {option} option."
        ))),
        None => Ok(()),
    }
}

//! One engine call for each action.

use ansible::Failure;
use docker::{Credentials, Engine};

use super::plan::Action;

/// Whether the registry got a layer that it had not.
pub async fn apply(engine: &Engine, action: &Action) -> Result<bool, Failure> {
    let Action::Push { name } = action;
    Ok(engine.push(name, Credentials::for_image(name)?.as_ref()).await?)
}

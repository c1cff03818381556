//! One engine call for each action.

use ansible::Failure;
use docker::{Credentials, Engine};

use super::plan::Action;

pub async fn apply(engine: &Engine, action: &Action) -> Result<(), Failure> {
    let Action::Pull { name, platform } = action;
    Ok(engine.pull(name, platform.as_deref(), Credentials::for_image(name)?.as_ref()).await?)
}

//! One engine call for each action.

use ansible::Failure;
use docker::{Credentials, Engine, Pushed};

use super::plan::Action;

pub async fn apply(engine: &Engine, action: &Action) -> Result<Pushed, Failure> {
    let Action::Push { name } = action;
    Ok(engine.push(name, Credentials::for_image(name)?.as_ref()).await?)
}

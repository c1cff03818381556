//! One engine call for each action.

use ansible::Failure;
use docker::build::Context;
use docker::{Engine, Pushed};

use super::plan::Action;
use crate::{docker_image_export, docker_image_load, docker_image_pull, docker_image_push, docker_image_tag};

/// What came of an action.
#[derive(Debug, Default)]
pub struct Done {
    /// What the builder said, or the engine while it loaded.
    pub said: Option<String>,
    /// What was loaded.
    pub loaded: Vec<String>,
    /// What came of a push.
    pub pushed: Option<Pushed>,
}

pub async fn apply(engine: &Engine, action: &Action) -> Result<Done, Failure> {
    let mut done = Done::default();
    match action {
        Action::Build { build, path, dockerfile } => {
            let context = Context::open(path, dockerfile.as_deref())?;
            let mut said = String::new();
            let built = engine.build(build, context, |line| said += &line.text()).await;
            built.map_err(|error| Failure::from(error).with("stdout", &said))?;
            done.said = Some(said);
        }
        Action::Load { path, .. } => {
            let loaded = docker_image_load::apply::load(engine, path).await?;
            done.said = Some(loaded.said);
            done.loaded = loaded.names;
        }
        Action::Pull(action) => docker_image_pull::apply::apply(engine, action).await?,
        Action::Archive(action) => docker_image_export::apply::apply(engine, action).await?,
        Action::Tag(action) => docker_image_tag::apply::apply(engine, action).await?,
        Action::Push(action) => done.pushed = Some(docker_image_push::apply::apply(engine, action).await?),
    }
    Ok(done)
}

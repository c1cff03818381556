//! The image that the task names: found, or pulled.

use ansible::{Call, Failure, Outcome, Plan};
use docker::{Credentials, Engine, Image, ImageName};
use docker_module::ImageReference;
use serde::Serialize;
use serde_json::json;

use super::options::{Options, Pull, PullCheckModeBehavior, State};

/// The image of that name (with tag `latest` if it names none) or ID.
pub async fn find(engine: &Engine, name: &str) -> Result<Option<Image>, Failure> {
    Ok(engine.image(&ImageReference::of(name).key()).await?.map(|image| image.typed))
}

/// What a pull may change.
#[derive(Clone, Debug, Serialize)]
struct Tagged {
    image: String,
}

/// The first stage: the container's plan needs to know the image. Changed when another image has the name afterwards.
pub async fn pull(call: &Call, engine: &Engine, options: &Options) -> Result<Outcome, Failure> {
    let Some(name) = options.image.as_deref().filter(|_| options.state != State::Absent) else {
        return Ok(Outcome::unchanged());
    };
    let before = find(engine, name).await?;
    if ImageName::is_id(name) {
        return match before {
            Some(_) => Ok(Outcome::unchanged()),
            None => Err(Failure::new(format!("Cannot find image with ID {name}"))),
        };
    }
    let full = ImageName::parse(name).or_tag("latest");
    let actions = match (options.pull, &before) {
        (Pull::Never | Pull::Missing, Some(_)) => return Ok(Outcome::unchanged()),
        (Pull::Never, None) => return Err(Failure::new(format!("Cannot find image with name {full}, and pull=never"))),
        (Pull::Missing, None) | (Pull::Always, _) => vec![format!("pull image {full}")],
    };
    let before = before.map(|image| Tagged { image: image.id });
    let plan = Plan { before: before.clone(), after: None, actions };
    let pull = async |_: &String| {
        let login = Credentials::for_image(&full)?;
        Ok(engine.pull(&full, options.platform.as_deref(), login.as_ref()).await?)
    };
    let (outcome, done) = call.carry_out(&plan, pull).await?;
    let after = find(engine, name).await?;
    let same = before.is_some_and(|before| after.is_some_and(|after| before.image == after.id));
    // In check mode nobody has tried.
    let in_doubt = same && done.is_empty();
    if in_doubt && options.pull_check_mode_behavior == PullCheckModeBehavior::ImageNotPresent {
        return Ok(Outcome::unchanged());
    }
    let changed = in_doubt || !same;
    Ok(match (options.debug, changed) {
        // The peer tells of a pull in a form of its own, also of one that brought nothing.
        (true, _) if in_doubt => outcome.with("actions", [json!({ "pulled_image": full.to_string() })]),
        (true, _) => outcome
            .with("actions", [json!({ "pulled_image": full.to_string(), "changed": changed })])
            .changed_if(changed),
        (false, true) => outcome,
        (false, false) => Outcome::unchanged(),
    })
}

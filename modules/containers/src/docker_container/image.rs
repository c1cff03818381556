//! The image that the task names: found, or pulled.

use ansible::{Call, Failure, Outcome, Plan};
use docker::{Credentials, Engine, Image, ImageName};
use docker_module::{ImageReference, at_registry};
use serde::Serialize;
use serde_json::json;

use super::options::{Options, Pull, PullCheckModeBehavior, State};

/// The image of that name (with tag `latest` if it names none) or ID.
pub async fn find(engine: &Engine, name: &str) -> Result<Option<Image>, Failure> {
    Ok(engine.image(&ImageReference::of(name).key()).await?.map(|image| image.typed))
}

/// What a pull may change.
#[derive(Debug, Serialize)]
struct Tagged {
    image: String,
}

/// What came of the first stage.
pub struct Pulled {
    pub outcome: Outcome,
    /// In check mode, where the registry was asked: the image that the pull will bring.
    pub foreseen: Option<Image>,
}

impl From<Outcome> for Pulled {
    fn from(outcome: Outcome) -> Self {
        Pulled { outcome, foreseen: None }
    }
}

/// The first stage: the container's plan needs to know the image. Changed when another image has the name afterwards.
pub async fn pull(call: &Call, engine: &Engine, options: &Options) -> Result<Pulled, Failure> {
    let Some(name) = options.image.as_deref().filter(|_| options.state != State::Absent) else {
        return Ok(Outcome::unchanged().into());
    };
    let before = find(engine, name).await?;
    if ImageName::is_id(name) {
        return match before {
            Some(_) => Ok(Outcome::unchanged().into()),
            None => Err(Failure::new(format!("Cannot find image with ID {name}"))),
        };
    }
    let full = ImageName::parse(name).or_tag("latest");
    let actions = match (options.pull, &before) {
        (Pull::Never | Pull::Missing, Some(_)) => return Ok(Outcome::unchanged().into()),
        (Pull::Never, None) => return Err(Failure::new(format!("Cannot find image with name {full}, and pull=never"))),
        (Pull::Missing, None) | (Pull::Always, _) => vec![format!("pull image {full}")],
    };
    let tagged = |image: &Image| Tagged { image: image.id.clone() };
    let plan = Plan { before: before.as_ref().map(tagged), after: None, actions };
    let pull = async |_: &String| {
        let login = Credentials::for_image(&full)?;
        Ok(engine.pull(&full, options.platform.as_deref(), login.as_ref()).await?)
    };
    let (outcome, done) = call.carry_out(&plan, pull).await?;
    // In check mode nobody has tried.
    let (after, foreseen) = match options.pull_check_mode_behavior {
        PullCheckModeBehavior::Newer if done.is_empty() => {
            let image = foresee(engine, &full, before.as_ref()).await?;
            (Some(image.clone()), Some(image))
        }
        _ => (find(engine, name).await?, None),
    };
    let same = before.is_some_and(|before| after.is_some_and(|after| before.id == after.id));
    let changed = match options.pull_check_mode_behavior {
        PullCheckModeBehavior::ImageNotPresent if same && done.is_empty() => return Ok(Outcome::unchanged().into()),
        PullCheckModeBehavior::Always if done.is_empty() => true,
        _ => !same,
    };
    let outcome = match (options.debug, changed) {
        // The peer tells of a pull in a form of its own, also of one that brought nothing.
        (true, _) if same && changed => outcome.with("actions", [json!({ "pulled_image": full.to_string() })]),
        (true, _) => outcome
            .with("actions", [json!({ "pulled_image": full.to_string(), "changed": changed })])
            .changed_if(changed),
        (false, true) => outcome,
        (false, false) => Outcome::unchanged(),
    };
    Ok(Pulled { outcome, foreseen })
}

/// The ID of an image that is not here yet.
const UNKNOWN: &str = "unknown";

/// The image that the name will stand for after a pull: the one that is `here`, another that came by that digest
/// before, or one of which nobody knows more than that it is another.
async fn foresee(engine: &Engine, name: &ImageName, here: Option<&Image>) -> Result<Image, Failure> {
    if let (Some(_), Some(here)) = (&name.digest, here) {
        return Ok(here.clone());
    }
    let digest = at_registry(engine, name).await?;
    if let Some(here) = here.filter(|here| here.is_known_as(&digest)) {
        return Ok(here.clone());
    }
    let by_digest = ImageName { tag: None, digest: Some(digest.clone()), ..name.clone() };
    // In the containerd image store the digest is the ID.
    for key in [by_digest.to_string(), digest] {
        if let Some(image) = engine.image(&key).await? {
            return Ok(image.typed);
        }
    }
    Ok(Image { id: UNKNOWN.to_owned(), ..here.cloned().unwrap_or_default() })
}

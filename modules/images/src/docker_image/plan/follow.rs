//! The second stage: archive, further name, push.

use ansible::{Failure, Plan};
use docker_module::ImageReference;

use super::super::options::Options;
use super::{Action, Observed, State, UNKNOWN};
use crate::docker_image_export::plan::{Wanted, export};
use crate::docker_image_push::plan as push;
use crate::docker_image_tag::plan as tag;

/// # Errors
/// Those of the options.
pub fn follow(options: &Options, observed: &Observed) -> Result<Plan<State, Action>, Failure> {
    let image = options.image()?;
    let before = observed.state();
    let mut after = before.clone();
    let mut actions = Vec::new();
    let id = if observed.foreseen { None } else { before.image.clone() };
    after.image = Some(id.clone().unwrap_or_else(|| UNKNOWN.to_owned()));

    if let Some(path) = &options.archive_path {
        let wanted =
            Wanted { images: vec![image.clone()], ids: id.iter().cloned().collect(), platform: None, force: false };
        let plan = export(wanted, &observed.archive, path);
        after.archive = plan.after;
        actions.extend(plan.actions.into_iter().map(Action::Archive));
    }
    let mut pushed = observed.image.clone().filter(|_| !observed.foreseen).unwrap_or_default();
    if let Some(name) = options.repository()? {
        let same = id.is_some() && before.repository == id;
        if before.repository.is_none() || options.force_tag && !same {
            after.repository.clone_from(&after.image);
            actions.push(Action::Tag(tag::Action { image: image.key(), name }));
        } else if let Some(tagged) = &observed.tagged {
            pushed = tagged.clone();
        }
    }
    if let Some(name) = options.pushed()? {
        // The same name may be what the first stage moves.
        let moved = observed.foreseen && ImageReference::Name(name.clone()) == image;
        let at_registry = observed.at_registry.clone();
        let image = if moved { docker::Image::default() } else { pushed };
        let plan = push::push(name, &push::Observed { image, at_registry });
        after.at_registry = plan.after.map(|after| after.digest);
        actions.extend(plan.actions.into_iter().map(Action::Push));
    }
    Ok(Plan { before: Some(before), after: Some(after), actions })
}

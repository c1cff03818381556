//! The first stage: the image comes from its source when it is not there.

use ansible::Failure;
use docker::ImageName;
use docker::image_archive::ArchivedImage;
use docker_module::ImageReference;

use super::super::options::{Options, Source};
use super::{Action, Observed};
use crate::docker_image_pull::plan as pull;

/// At most one action.
///
/// # Errors
/// The image can't come from there.
pub fn source(options: &Options, observed: &Observed) -> Result<Vec<Action>, Failure> {
    options.pushed()?;
    options.repository()?;
    if observed.image.is_some() && !options.force_source {
        return Ok(vec![]);
    }
    Ok(match (options.source, &options.build, &options.load_path) {
        (Some(Source::Build), Some(given), _) => {
            let build = given.build(&options.name_for("build")?, &observed.proxies);
            let (path, dockerfile) = (given.path.clone(), given.dockerfile.clone());
            vec![Action::Build { build: Box::new(build), path, dockerfile }]
        }
        (Some(Source::Load), _, Some(path)) => {
            let wanted = options.image()?;
            if let Some(archived) = &observed.loadable {
                let image = check_archived(&wanted, archived)?;
                if observed.image.as_ref().is_some_and(|there| image.ids.contains(&there.id)) {
                    return Ok(vec![]);
                }
            }
            vec![Action::Load { name: wanted.to_string(), path: path.clone() }]
        }
        (Some(Source::Pull), ..) => {
            let name = options.name_for("pull")?;
            if observed.image.is_some() && is_what_the_registry_has(observed) {
                return Ok(vec![]);
            }
            vec![Action::Pull(pull::Action::Pull { name, platform: options.pull_platform() })]
        }
        // The argument check leaves nothing else.
        _ if observed.image.is_some() => vec![],
        _ => return Err(Failure::new(format!("Cannot find the image {} locally.", options.image()?))),
    })
}

fn is_what_the_registry_has(observed: &Observed) -> bool {
    let image = observed.image.as_ref().zip(observed.at_source.as_ref());
    image.is_some_and(|(image, digest)| image.is_known_as(digest))
}

/// The image of an archive that is wanted.
fn check_archived<'a>(wanted: &ImageReference, archived: &'a [ArchivedImage]) -> Result<&'a ArchivedImage, Failure> {
    let is_it = |image: &&ArchivedImage| match wanted {
        ImageReference::Id(id) => image.ids.contains(id),
        ImageReference::Name(name) => image.names.contains(&name.clone().familiar().to_string()),
    };
    let names = || {
        let own = |image: &ArchivedImage| -> Vec<String> {
            if image.names.is_empty() {
                image.ids.iter().take(1).cloned().collect()
            } else {
                image.names.iter().cloned().collect()
            }
        };
        archived.iter().flat_map(own).collect::<Vec<String>>()
    };
    archived.iter().find(is_it).ok_or_else(|| not_in_archive(wanted, &names()))
}

/// Compares what was loaded with what is wanted; what came along.
///
/// # Errors
/// It did not come.
pub fn check_loaded(wanted: &ImageReference, loaded: &[String]) -> Result<Vec<String>, Failure> {
    let wanted_name = match wanted {
        ImageReference::Id(id) => id.clone(),
        ImageReference::Name(name) => name.clone().familiar().to_string(),
    };
    let is_it = |name: &String| *name == wanted_name || ImageName::parse(name).familiar().to_string() == wanted_name;
    if loaded.iter().any(is_it) {
        Ok(loaded.iter().filter(|name| !is_it(name)).cloned().collect())
    } else {
        Err(not_in_archive(wanted, loaded))
    }
}

/// The peer's sentence, which plays match on.
fn not_in_archive(wanted: &ImageReference, names: &[String]) -> Failure {
    let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    let found = names.join(", ");
    Failure::new(format!("The archive did not contain image '{wanted}'. Instead, found {found}.")).verbatim()
}

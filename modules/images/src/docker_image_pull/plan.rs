//! What `docker_image_pull` will do.

use std::fmt;

use ansible::{Failure, Plan};
use docker::{Image, ImageName};
use serde::Serialize;

use super::options::{Options, Pull};

/// What is there before the pull.
#[derive(Clone, Debug)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub struct Observed {
    /// The image that the name stands for on the engine.
    pub image: Option<Image>,
    /// The system and machine that the engine runs on, where `platform` is given.
    pub engine: Option<(String, String)>,
    /// The digest that the name stands for at the registry, where `pull=newer`.
    pub at_registry: Option<String>,
}

/// The image under the name.
#[derive(Clone, Debug, Serialize)]
pub struct Local {
    pub id: String,
    platform: Option<String>,
}

/// One engine call.
#[derive(Debug)]
pub enum Action {
    Pull { name: ImageName, platform: Option<String> },
}

/// The peer's sentence, which plays compare with. The alternate form leads the error when it fails.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Action::Pull { name, .. } = self;
        f.write_str(if f.alternate() { "Error pulling image " } else { "Pulled image " })?;
        let digest = name.digest.as_ref().map_or_else(String::new, |digest| format!(":{digest}"));
        write!(f, "{}{digest}", ImageName { digest: None, ..name.clone() })
    }
}

/// Only the registry knows what a tag stands for, so with `always` the ID after the pull is not known before it.
pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<Local, Action>, Failure> {
    let name = options.image()?;
    let wanted = observed.engine.as_ref().map(|here| options.platform_on(here)).transpose()?.flatten();
    let suits = |image: &Image| wanted.as_ref().is_none_or(|wanted| image.platform() == *wanted);
    let is_current = |image: &Image| match &observed.at_registry {
        Some(digest) => image.is_known_as(digest),
        // A digest names the same content for ever.
        None => true,
    };
    let before = observed
        .image
        .as_ref()
        .map(|image| Local { id: image.id.clone(), platform: Some(image.platform().to_string()) });
    let stays = observed.image.as_ref().is_some_and(|image| match options.pull {
        Pull::Always => false,
        Pull::NotPresent => suits(image),
        Pull::Newer => suits(image) && is_current(image),
    });
    if stays {
        return Ok(Plan { after: before.clone(), before, actions: vec![] });
    }
    let after = Some(Local { id: "unknown".to_owned(), platform: wanted.map(|wanted| wanted.to_string()) });
    Ok(Plan { before, after, actions: vec![Action::Pull { name, platform: options.platform.clone() }] })
}

#[cfg(test)]
mod tests {
    use docker::Platform;

    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| {
                let nothing = Observed { image: None, engine: None, at_registry: None };
                plan(options, observed.unwrap_or(&nothing))
            },
            |observed, after| after.map(|after| pulled(observed, after)),
        );
    }

    /// What would be observed after the pull.
    fn pulled(observed: Option<Observed>, after: Local) -> Observed {
        let at_registry = observed.as_ref().and_then(|observed| observed.at_registry.clone());
        let platform = Platform::parse(after.platform.as_deref().unwrap_or("linux/amd64"), "", "").unwrap();
        Observed {
            image: Some(Image {
                id: after.id,
                repo_digests: at_registry.iter().map(|digest| format!("app@{digest}")).collect(),
                os: platform.os,
                architecture: platform.arch,
                variant: platform.variant,
                ..Image::default()
            }),
            engine: observed.and_then(|observed| observed.engine),
            at_registry,
        }
    }
}

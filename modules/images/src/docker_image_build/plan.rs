//! What `docker_image_build` will do.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use ansible::{Failure, Plan};
use docker::Image;
use docker::build::Build;
use docker_module::Text;
use serde::Serialize;

use super::buildx;
use super::options::{Options, Rebuild};

/// What is there before the build.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(serde::Deserialize), serde(default))]
pub struct Observed {
    /// The image that the name stands for.
    pub image: Option<Image>,
    /// SHA-256 over the context and everything else that decides the image, where `rebuild=changed`.
    pub content: Option<String>,
    /// Where the Dockerfile needs BuildKit, and for what.
    pub needs_buildkit: Option<String>,
    /// The version of the buildx plug-in; asked for only where BuildKit is needed.
    pub buildx: Option<String>,
}

/// The label in which an image keeps what it was built of.
pub const CONTENT: &str = "org.cdgp.docker.context-sha256";

/// The image under the name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Built {
    pub id: String,
    /// What it was built of, where that was noted.
    pub context_sha256: Option<String>,
}

#[derive(Debug)]
pub enum Action {
    /// The engine builds, by its own builder.
    Build { build: Box<Build>, path: PathBuf, dockerfile: Option<PathBuf> },
    /// The buildx plug-in builds: what it is called with, and what needs it.
    Buildx { name: String, path: PathBuf, command: buildx::Command, reason: String },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Build { build, path, .. } => write!(f, "build image {} from {}", build.name, path.display()),
            Action::Buildx { name, path, reason, .. } => {
                write!(f, "build image {name} from {} by buildx, because of {reason}", path.display())
            }
        }
    }
}

pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<Built, Action>, Failure> {
    let before = observed
        .image
        .as_ref()
        .map(|image| Built { id: image.id.clone(), context_sha256: image.config.labels.get(CONTENT).cloned() });
    let stays = before.as_ref().is_some_and(|before| match options.rebuild {
        Rebuild::Never => true,
        Rebuild::Always => false,
        Rebuild::Changed => before.context_sha256 == observed.content,
    });
    if stays {
        return Ok(Plan { after: before.clone(), before, actions: vec![] });
    }
    let build = desired(options, observed)?;
    let reason = options.needs_buildkit().map(str::to_owned);
    let reason = reason.or_else(|| observed.needs_buildkit.as_ref().map(|place| format!("the Dockerfile's {place}")));
    let action = match reason {
        None => {
            Action::Build { build: Box::new(build), path: options.path.clone(), dockerfile: options.dockerfile.clone() }
        }
        Some(reason) => {
            buildx::check(options, &build, observed.buildx.as_deref(), &reason)?;
            let command = buildx::Command::new(options, &build);
            Action::Buildx { name: build.name, path: options.path.clone(), command, reason }
        }
    };
    let after = Some(Built { id: "unknown".to_owned(), context_sha256: observed.content.clone() });
    Ok(Plan { before, after, actions: vec![action] })
}

/// The build that the options ask for.
pub fn desired(options: &Options, observed: &Observed) -> Result<Build, Failure> {
    let text = |map: &BTreeMap<String, Text>| {
        map.iter().map(|(key, text)| (key.clone(), text.0.clone())).collect::<BTreeMap<_, _>>()
    };
    let mut labels = text(&options.labels);
    labels.extend(observed.content.clone().map(|content| (CONTENT.to_owned(), content)));
    Ok(Build {
        name: options.image()?.to_string(),
        args: text(&options.args),
        labels,
        target: options.target.clone(),
        platform: options.platform.first().cloned(),
        network: options.network.clone(),
        extra_hosts: options.etc_hosts.iter().map(|(host, address)| format!("{host}:{}", address.0)).collect(),
        shm_size: options.shm_size.map(|size| size.0),
        cache_from: options.cache_from.clone(),
        no_cache: options.nocache,
        pull: options.pull,
        ..Build::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| plan(options, observed.unwrap_or(&Observed::default())),
            |observed, after| after.map(|after| built(observed.unwrap_or_default(), after)),
        );
    }

    /// What would be observed after the build.
    fn built(before: Observed, after: Built) -> Observed {
        let mut image = Image { id: after.id, ..Image::default() };
        image.config.labels.extend(after.context_sha256.map(|content| (CONTENT.to_owned(), content)));
        Observed { image: Some(image), ..before }
    }
}

//! What `docker_image_push` will do.

use std::fmt;

use ansible::{Failure, Plan};
use docker::{Image, ImageName};
use serde::Serialize;

use super::options::Options;

/// What is there before the push.
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(serde::Deserialize), serde(default))]
pub struct Observed {
    /// The image that is to be pushed.
    pub image: Image,
    /// The digest that the name stands for at the registry. `None`: nothing, or the registry did not say.
    pub at_registry: Option<String>,
}

/// What the name stands for at the registry.
#[derive(Clone, Debug, Serialize)]
pub struct AtRegistry {
    pub digest: String,
}

/// One engine call.
#[derive(Debug)]
pub enum Action {
    Push { name: ImageName },
}

/// The peer's sentence, which plays compare with. The alternate form leads the error when it fails.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Action::Push { name } = self;
        f.write_str(if f.alternate() { "Error pushing image " } else { "Pushed image " })?;
        name.fmt(f)
    }
}

pub fn plan(options: &Options, observed: &Observed) -> Result<Plan<AtRegistry, Action>, Failure> {
    Ok(push(options.image()?, observed))
}

/// An image knows its digests at the registries that it came from or went to: one that the name stands for there
/// already need not be pushed.
pub fn push(name: ImageName, observed: &Observed) -> Plan<AtRegistry, Action> {
    let known = ImageName { tag: None, ..name.clone() }.familiar();
    let is_there = observed.at_registry.as_ref().is_some_and(|digest| {
        observed.image.repo_digests.contains(&ImageName { digest: Some(digest.clone()), ..known }.to_string())
    });
    let before = observed.at_registry.clone().map(|digest| AtRegistry { digest });
    if is_there {
        return Plan { after: before.clone(), before, actions: vec![] };
    }
    let after = Some(AtRegistry { digest: "unknown".to_owned() });
    Plan { before, after, actions: vec![Action::Push { name }] }
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
            |observed, after| {
                let (mut observed, after) = (observed.unwrap_or_default(), after?);
                observed.image.repo_digests.insert(format!("h:5/app@{}", after.digest));
                Some(Observed { at_registry: Some(after.digest), ..observed })
            },
        );
    }
}

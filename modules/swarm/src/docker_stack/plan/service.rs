//! A service as it is to be sent: its image pinned, and IDs where the file has names.

use compose_file::IMAGE;
use docker::ImageName;
use serde_json::{Value, json};

use super::{Objects, Observed, Service};
use crate::docker_stack::options::{Options, ResolveImage};

/// The image of a specification.
pub fn image(spec: &Value) -> &str {
    spec.pointer("/TaskTemplate/ContainerSpec/Image").and_then(Value::as_str).unwrap_or_default()
}

/// The specification to send for one that the files gave.
pub fn wanted(options: &Options, spec: &Value, there: Option<&Service>, observed: &Observed) -> Value {
    let mut wanted = spec.clone();
    pin(options, &mut wanted, there, observed);
    if let Some(count) = there.and_then(|there| there.spec.pointer("/TaskTemplate/ForceUpdate")) {
        // Who forced an update before us did not mean to have it undone.
        wanted["TaskTemplate"]["ForceUpdate"] = count.clone();
    }
    fill_in(&mut wanted, &|kind, name| {
        id_of(if kind == "Secret" { &observed.secrets } else { &observed.configs }, name)
    });
    wanted
}

fn id_of(objects: &Objects, name: &str) -> Option<String> {
    objects.get(name).map(|object| object.id.clone())
}

/// Puts the IDs of secrets and configs beside their names, where `id` knows them.
pub fn fill_in(spec: &mut Value, id: &dyn Fn(&str, &str) -> Option<String>) {
    let Some(container) = spec.pointer_mut("/TaskTemplate/ContainerSpec") else { return };
    for kind in ["Secret", "Config"] {
        let (name, key) = (format!("{kind}Name"), format!("{kind}ID"));
        let references = container.get_mut(format!("{kind}s")).and_then(Value::as_array_mut);
        for reference in references.into_iter().flatten() {
            let found = reference.get(&name).and_then(Value::as_str).and_then(|name| id(kind, name));
            if let Some(found) = found {
                reference[&key] = found.into();
            }
        }
    }
    if let Some(config) = container.pointer_mut("/Privileges/CredentialSpec/Config")
        && let Some(found) = config.as_str().and_then(|name| id("Config", name))
    {
        *config = found.into();
    }
}

/// The image by digest, where the registry said one; what is there already, where the file still names the same.
fn pin(options: &Options, wanted: &mut Value, there: Option<&Service>, observed: &Observed) {
    let named = image(wanted).to_owned();
    let unchanged = there.filter(|there| there.label(IMAGE) == Some(&named));
    let resolved = observed.images.get(&named);
    let keeps = match options.resolve() {
        // A registry that is away now and then must not restart every task.
        ResolveImage::Always => resolved.is_none(),
        ResolveImage::Changed | ResolveImage::Never => true,
    };
    let (name, platforms) = match (unchanged.filter(|_| keeps), resolved) {
        (Some(there), _) => {
            (image(&there.spec).to_owned(), there.spec.pointer("/TaskTemplate/Placement/Platforms").cloned())
        }
        (None, Some(found)) => {
            let mut name = tagged(&named);
            name.digest.get_or_insert_with(|| found.digest.clone());
            let platform = |(os, architecture): &(String, String)| {
                // Nodes say which ARM they are, images often don't (swarmkit issue 2294).
                let architecture = if architecture.eq_ignore_ascii_case("arm") { "" } else { architecture };
                json!({ "Architecture": architecture, "OS": os })
            };
            let platforms: Vec<Value> = found.platforms.iter().map(platform).collect();
            (name.to_string(), Some(platforms).filter(|list| !list.is_empty()).map(Value::Array))
        }
        (None, None) => (if ImageName::is_id(&named) { named } else { tagged(&named).to_string() }, None),
    };
    wanted["TaskTemplate"]["ContainerSpec"]["Image"] = name.into();
    if let Some(platforms) = platforms {
        if wanted["TaskTemplate"].get("Placement").is_none() {
            wanted["TaskTemplate"]["Placement"] = json!({});
        }
        wanted["TaskTemplate"]["Placement"]["Platforms"] = platforms;
    }
}

fn tagged(name: &str) -> ImageName {
    ImageName::parse(name).familiar().or_tag("latest")
}

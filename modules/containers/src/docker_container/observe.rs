//! Reads what the plan needs to know, and no more than the options ask for.

use ansible::{Call, Failure};
use docker::container::Container as Inspect;
use docker::{Engine, Image, Inspected};
use serde_json::json;

use super::image::find;
use super::options::{ImageComparison, Options, State, Target};
use super::plan::{Leftovers, Observed, new_name, old_name};

/// The container as the plan sees it, and as the engine tells it. `foreseen` is the image that the name will stand for,
/// where that is known not to be the one that it stands for now.
pub async fn observe(
    engine: &Engine,
    options: &Options,
    foreseen: Option<Image>,
) -> Result<(Observed, Option<Inspected<Inspect>>), Failure> {
    let container = engine.container(&options.name).await?;
    let mut observed = Observed {
        container: container.as_ref().map(|container| container.typed.clone().into()),
        api_version: engine.api_version(),
        ..Observed::default()
    };
    if options.state != State::Absent {
        observed.image = match (foreseen, &options.image) {
            (Some(image), _) => Some(image),
            (None, Some(name)) => find(engine, name).await?,
            (None, None) => None,
        };
        observed.comparison_image =
            comparison_image(engine, options, container.as_ref(), observed.image.as_ref()).await?;
        observed.default_host_ip = networks(engine, options).await?;
    }
    Ok((observed, container))
}

/// What an interrupted replacement of the container `name` left.
pub async fn leftovers(engine: &Engine, name: &str) -> Result<Leftovers, Failure> {
    // The filter is a regular expression, and finds parts of names.
    let filters = json!({ "name": [".cdgp-old$", ".cdgp-new$"] }).to_string();
    let found = engine.get("/containers/json", &[("all", "1"), ("filters", &filters)]).await?;
    let mut leftovers = Leftovers::default();
    for (name, place) in [(old_name(name), &mut leftovers.old), (new_name(name), &mut leftovers.new)] {
        let names = found.as_array().into_iter().flatten().filter_map(|container| container["Names"].as_array());
        if names.flatten().any(|found| found.as_str() == Some(&format!("/{name}"))) {
            *place = engine.container(&name).await?.map(|container| container.typed.into());
        }
    }
    Ok(leftovers)
}

/// The image that says what the container has without being told: the one that the task names, or the one it runs.
async fn comparison_image(
    engine: &Engine,
    options: &Options,
    container: Option<&Inspected<Inspect>>,
    named: Option<&Image>,
) -> Result<Option<Image>, Failure> {
    match (container, options.image_comparison, named) {
        (None, _, named) | (Some(_), ImageComparison::DesiredImage, named @ Some(_)) => Ok(named.cloned()),
        (Some(container), _, _) if options.looks_at_the_image() => {
            Ok(engine.image(&container.typed.image).await?.map(|image| image.typed))
        }
        (Some(_), _, _) => Ok(None),
    }
}

/// Looks for the task's networks. The address at which the first bridge among them publishes ports, if it says one.
async fn networks(engine: &Engine, options: &Options) -> Result<Option<String>, Failure> {
    let Some(wished) = options.networks.as_ref().filter(|networks| !networks.is_empty()) else { return Ok(None) };
    let names: Vec<&str> = wished.iter().map(|network| network.name.as_str()).collect();
    // The filter finds names by a part of them, so what comes is filtered once more.
    let found = engine.get("/networks", &[("filters", &json!({ "name": names }).to_string())]).await?;
    let mut address = None;
    for name in names {
        let network = found.as_array().into_iter().flatten().find(|network| network["Name"] == name);
        let network = network.ok_or_else(|| {
            Failure::new(format!("Parameter error: network named {name} could not be found. Does it exist?"))
        })?;
        let bound = network["Options"]["com.docker.network.bridge.host_binding_ipv4"].as_str();
        if address.is_none() && network["Driver"] == "bridge" {
            address = bound.map(str::to_owned);
        }
    }
    Ok(address)
}

/// What the target knows that the options speak of by name.
pub async fn target(call: &Call, engine: &Engine, options: &Options) -> Result<Target, Failure> {
    let mut target = Target {
        env_file: options.read_env_file()?,
        home: std::env::var("HOME").ok(),
        folder: std::env::current_dir().unwrap_or_default(),
        ..Target::default()
    };
    for name in options.container_references() {
        match engine.container(name).await? {
            Some(container) => drop(target.containers.insert(name.to_owned(), container.typed.id)),
            None => call.warn(format!("Cannot find a container with name or ID \"{name}\"")),
        }
    }
    Ok(target)
}

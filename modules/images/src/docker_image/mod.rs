//! `docker_image`: an image from its source, and what becomes of it.

mod apply;
mod observe;
mod options;
mod plan;

use ansible::{Call, Failure, Module, Outcome, Plan};
use docker::Connection;
use docker_module::connect;
use serde_json::json;

use self::apply::{Done, apply};
use self::observe::{at_registry, image, observe};
use self::options::{Options, State};
use self::plan::{Action, check_loaded, follow, source};
use crate::docker_image_remove;

pub const MODULE: Module = ansible::module!(docker_image, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    match options.state {
        State::Present => present(&call, &options).await,
        State::Absent => absent(&call, &options).await,
    }
}

async fn absent(call: &Call, options: &Options) -> Result<Outcome, Failure> {
    let reference = options.image()?;
    let engine = connect(call).await?;
    let (image, raw) = engine.image(&reference.key()).await?.map(|image| (image.typed, image.raw)).unzip();
    let there = image.map(docker_image_remove::plan::Images::from);
    let force = (options.force_absent, "force_absent");
    let plan = docker_image_remove::plan::remove(reference, force, true, there.as_ref())?;
    let remove = async |action: &_| docker_image_remove::apply::apply(&engine, action).await;
    let (outcome, _) = call.carry_out(&plan, remove).await?;
    let mut raw = raw.unwrap_or_else(|| json!({}));
    if outcome.changed() {
        raw["state"] = "Deleted".into();
    }
    Ok(outcome.with("image", raw))
}

async fn present(call: &Call, options: &Options) -> Result<Outcome, Failure> {
    let docker_host = call.options::<Connection>()?.docker_host;
    options.pushed()?;
    options.repository()?;
    let engine = connect(call).await?;
    let (mut observed, mut raw) = observe(call, &engine, options, &docker_host).await?;
    let before = observed.state();
    let actions = source(options, &observed)?;
    let foreseen = !actions.is_empty();
    // The diff is that of both stages.
    let first = Plan { before: Some(before.clone()), after: Some(before.clone()), actions };
    let (mut outcome, done) = call.carry_out(&first, async |action| apply(&engine, action).await).await?;
    let mut said = None;
    if let Some(Done { said: what, loaded, .. }) = done.into_iter().next() {
        said = what;
        let more = if loaded.is_empty() { vec![] } else { check_loaded(&options.image()?, &loaded)? };
        if !more.is_empty() {
            let more: Vec<String> = more.iter().map(|name| format!("'{name}'")).collect();
            call.warn(format!("The archive contained more images than specified: {}", more.join(", ")));
        }
        let there = image(&engine, options).await?;
        (observed.image, raw) = there.unzip();
        outcome = outcome.changed_if(observed.state().image != before.image);
    } else {
        observed.foreseen = foreseen;
    }
    let second = follow(options, &observed)?;
    let (then, done) = call.carry_out(&second, async |action| apply(&engine, action).await).await?;
    let mut after = second.after;
    let pushed = done.iter().find_map(|done| done.pushed.clone());
    if let Some(pushed) = &pushed {
        let others = done.len() > 1;
        let digest = match options.pushed()? {
            Some(name) => at_registry(&engine, &name).await?,
            None => None,
        };
        let moved = before.at_registry.is_some() && before.at_registry != digest;
        outcome = then.changed_if(pushed.new_layers || moved || others).after(outcome);
        if let Some(after) = &mut after {
            after.at_registry = digest;
        }
    } else {
        outcome = then.after(outcome);
    }
    if !done.is_empty() {
        raw = image(&engine, options).await?.map(|(_, raw)| raw);
    }
    let mut raw = raw.unwrap_or_else(|| json!({}));
    if let Some(pushed) = pushed {
        raw["push_status"] = json!(pushed.status);
    }
    let whole = Plan::<_, Action> { before: Some(before), after, actions: vec![] };
    let outcome = outcome.with_diff(whole.diff()).with("image", raw);
    Ok(match said {
        Some(said) => outcome.with("stdout", said),
        None => outcome,
    })
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

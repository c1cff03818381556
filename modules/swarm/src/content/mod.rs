//! `docker_secret` and `docker_config`: content under a name, which the swarm can't change, only replace.
//!
//! They differ in what the engine calls them.

mod apply;
mod observe;
mod options;
mod plan;

use ansible::{Call, Failure, Outcome};
use docker::ContentKind;
use docker_module::connect;

use self::apply::apply;
use self::observe::observe;
pub use self::options::Options;
use self::options::State;
#[cfg(test)]
pub use self::plan::golden;
use self::plan::plan;

/// The pipeline of both.
pub async fn run(call: &Call, kind: ContentKind) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let data = options.read_data()?;
    let engine = connect(call).await?;
    let observed = observe(&engine, kind, &options).await?;
    let plan = plan(kind, &options, data.as_ref(), &observed)?;
    let (outcome, done) =
        call.carry_out(&plan, async |action| apply(&engine, kind, action, data.as_ref()).await).await?;
    if let Some(warning) = options.warning(kind, &observed) {
        call.warn(warning);
    }
    let made = done.into_iter().flatten().next();
    let (name, id) = match (options.state, &plan.after) {
        (State::Present, Some(after)) => (Some(after.name()), made.or_else(|| after.id())),
        (State::Present | State::Absent, _) => (None, None),
    };
    Ok(match (kind, options.state) {
        (_, State::Present) => outcome.with(&format!("{kind}_id"), id).with(&format!("{kind}_name"), name),
        // As the peer has it.
        (ContentKind::Secret, State::Absent) => outcome.with("secret_id", "").with("secret_name", ""),
        (ContentKind::Config, State::Absent) => outcome,
    })
}

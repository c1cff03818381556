//! `swarm_members`: a group of hosts as one swarm.
//!
//! One task is many calls: its action plug-in has each member look, one of them plan, and then each do its actions. See
//! docs/decisions/0017-one-task-for-a-whole-swarm.md.

mod apply;
mod drain;
mod look;
mod options;
mod plan;
mod seal;

use ansible::{Call, Failure, Module, Outcome, Plan};
use docker::Engine;
use docker_module::connect;
use serde_json::{Value, json};

use self::apply::apply;
use self::look::look;
use self::options::{Deed, Options, Step};
use self::plan::{Action, Observed, Standing, plan};
use self::seal::{sealed, told};

pub const MODULE: Module = ansible::module!(swarm_members, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    match options.step()? {
        Step::Look {} => Ok(Outcome::unchanged().with("seen", look(&connect(&call).await?).await?)),
        Step::Plan(observed) => planned(&call, &options, &observed).await,
        Step::Do(deed) => done(&call, &connect(&call).await?, &options, &deed).await,
        Step::Tell(needed) => {
            let (secret, remote_addrs) = told(&connect(&call).await?, needed).await?;
            let sealed = sealed(&secret, options.secret.as_ref())?;
            Ok(Outcome::unchanged().with("sealed", sealed).with("remote_addrs", remote_addrs))
        }
    }
}

/// The result of the task, and its steps for the plug-in. Nothing is done here.
async fn planned(call: &Call, options: &Options, observed: &Observed) -> Result<Outcome, Failure> {
    let plan = plan(options, observed)?;
    if options.managers.len().is_multiple_of(2) {
        let most = (options.managers.len() - 1) / 2;
        call.warn(format!(
            "{} managers can lose {most}, as many as {} can: an odd number is better",
            options.managers.len(),
            options.managers.len() - 1
        ));
    }
    for (name, reason) in observed.0.iter().filter_map(|(name, seen)| Some((name, seen.unreachable.as_ref()?))) {
        call.warn(format!("{name} can't be reached, but is a node already: {reason}"));
    }
    let (outcome, _) = call.carry_out(&plan, async |_| Ok(())).await?;
    Ok(outcome.with("steps", plan.actions.iter().map(step).collect::<Vec<Value>>()))
}

fn step(action: &Action) -> Value {
    let ask = action.asks().map(|(on, needed)| json!({"on": on, "tell": needed}));
    json!({"on": action.on, "sentence": action.to_string(), "action": action, "ask": ask})
}

async fn done(call: &Call, engine: &Engine, options: &Options, deed: &Deed) -> Result<Outcome, Failure> {
    let plan: Plan<Standing, &Action> = Plan { before: None, after: None, actions: vec![&deed.action] };
    let (outcome, mut answers) = call.carry_out(&plan, async |_| apply(engine, options, deed).await).await?;
    Ok(match answers.pop() {
        Some(answer) => outcome.with("answer", answer),
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

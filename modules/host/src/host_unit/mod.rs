//! `host_unit`: units of systemd, their files and their state.

mod apply;
mod observe;
mod options;
mod plan;

use ansible::{Call, Failure, Module, Outcome};

use self::apply::apply;
use self::observe::{Observed, observe};
use self::options::{Options, full_name};
use self::plan::{Action, plan};

pub const MODULE: Module = ansible::module!(host_unit, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let unit = options.name.as_deref().map(full_name);
    let observed = match &unit {
        Some(unit) => observe(&options, unit).await?,
        None => Observed::default(),
    };
    let plan = plan(&options, unit.as_deref().unwrap_or_default(), &observed)?;
    let (outcome, _) = call.carry_out(&plan, async |action| apply(&options, action).await).await?;
    let outcome = outcome.changed_if(plan.actions.iter().any(Action::is_change));
    let Some(unit) = unit else { return Ok(outcome) };
    let now = observe(&options, &unit).await?;
    let mut outcome = outcome.with("name", &unit).with("status", now.properties);
    if let Some(state) = options.state {
        outcome = outcome.with("state", state);
    }
    if let Some(enabled) = options.enabled {
        outcome = outcome.with("enabled", enabled);
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>()]).unwrap();
    }
}

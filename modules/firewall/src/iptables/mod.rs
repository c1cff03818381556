//! `iptables`: single rules, policies and chains.

mod observe;
mod options;
mod plan;
mod words;

use std::collections::BTreeMap;

use ansible::{Call, Failure, Module, Outcome};
use netfilter::{Family, Names};

use self::observe::{Observed, Program, observe};
use self::options::Options;
use self::plan::{Action, What, plan};
use self::words::words;

pub const MODULE: Module = ansible::module!(iptables, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let mut programs = BTreeMap::new();
    for family in options.ip_version.families() {
        programs.insert(*family, Program::find(*family, options.wait.as_deref())?);
    }
    let rule = words(&options, jump(&options)?)?;
    let mut observed = Observed::default();
    let mut refused = None;
    for (family, program) in &programs {
        let (found, why) = observe(&call, &options, &rule, *family, program).await?;
        *observed.of(*family) = Some(found);
        refused = refused.or(why);
    }
    let plan = plan(&options, &rule, Some(&observed), &Names::of_host());
    // A rule that iptables does not take would be told as a change by check mode, and fail then.
    let adds = |action: &Action| matches!(action.what, What::Add { .. });
    if let Some(failure) = refused.filter(|_| plan.actions.iter().any(adds)) {
        return Err(failure);
    }
    let apply = async |action: &Action| apply(&options, &rule, &programs, action);
    let (outcome, _) = call.carry_out(&plan, apply).await?;
    Ok(outcome
        .with("failed", false)
        .with("ip_version", options.ip_version.name())
        .with("table", &options.table)
        .with("chain", &options.chain)
        .with("flush", options.flush)
        .with("rule", words(&options, options.jump.as_deref())?.join(" "))
        .with("state", if options.state == options::State::Present { "present" } else { "absent" })
        .with("chain_management", options.chain_management)
        .with("wait", &options.wait))
}

/// What the rule jumps to: logging options imply LOG.
fn jump(options: &Options) -> Result<Option<&str>, Failure> {
    let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    match options.jump.as_deref() {
        jump if !given(&options.log_prefix) && !given(&options.log_level) => Ok(jump),
        None | Some("LOG") => Ok(Some("LOG")),
        Some(_) => Err(Failure::new("Logging options can only be used with the LOG jump target.")),
    }
}

/// One call of `iptables` for each action.
fn apply(
    options: &Options,
    rule: &[String],
    programs: &BTreeMap<Family, Program>,
    action: &Action,
) -> Result<(), Failure> {
    let Some(program) = programs.get(&action.family) else { return Ok(()) };
    let words = match &action.what {
        What::Flush => program.words(options, "-F", None, &[]),
        What::SetPolicy(policy) => program.words(options, "-P", None, std::slice::from_ref(policy)),
        What::MakeChain => program.words(options, "-N", None, &[]),
        What::DeleteChain => program.words(options, "-X", None, &[]),
        What::LeaveChain { .. } => return Ok(()),
        What::Add { .. } => program.adding(options, rule),
        What::Remove { .. } => program.words(options, "-D", None, rule),
    };
    program.run(&words).map(drop)
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>()]).unwrap();
    }
}

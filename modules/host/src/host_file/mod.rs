//! `host_file`: files, folders, links, and lines and blocks in files.

mod apply;
mod diff;
mod edit;
pub mod mode;
pub mod observe;
mod options;
mod plan;
mod result;

use ansible::{Call, Failure, Module, Outcome};

use self::apply::apply;
use self::observe::observe;
use self::options::Options;
use self::plan::plan;

pub const MODULE: Module = ansible::module!(host_file, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let want = options.want()?;
    let observed = observe(&options, &want).await?;
    let planned = plan(&options, &want, &observed)?;
    let (outcome, done) = call.carry_out(&planned.plan, async |action| apply(&options, action).await).await?;
    let outcome = outcome.with_diff(diff::of(&planned.plan));
    let backup = done.into_iter().flatten().next();
    result::of(outcome, &options, &want, &observed.path, &planned, backup).await
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>()]).unwrap();
    }
}

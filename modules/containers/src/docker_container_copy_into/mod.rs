//! `docker_container_copy_into`: copies a file into a container.

mod apply;
mod diff;
mod observe;
mod options;
mod plan;
mod source;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect;

use self::apply::apply;
use self::observe::observe;
use self::options::Options;
use self::plan::plan;
use self::source::Source;

pub const MODULE: Module = ansible::module!(docker_container_copy_into, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let source = Source::read(&options)?;
    let engine = connect(&call).await?;
    let (observed, texts) = observe(&engine, &options, &source).await?;
    let plan = plan(&options, &observed)?;
    let (outcome, _) = call.carry_out(&plan, async |action| apply(&engine, action, &source).await).await?;
    let diff = diff::of(&options, &observed.path, &texts);
    Ok(outcome.with_open_diff(diff).with("container_path", observed.path))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

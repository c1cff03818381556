//! `docker_stack_task_info`: the tasks of a stack, as `docker stack ps` tells them.

mod line;
mod options;

use ansible::{Call, Failure, Module, Outcome};
use docker_module::connect_as_cli;
use time::OffsetDateTime;

use self::options::Options;
use crate::stack::{failed, refused, told};

pub const MODULE: Module = ansible::module!(docker_stack_task_info, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let name = &options.name;
    if name.trim().is_empty() {
        return Err(failed("`name` is empty: give the stack's name".to_owned()));
    }
    let engine = connect_as_cli(&call).await?;
    let tasks = engine.tasks_of_stack(name).await.map_err(refused)?;
    if tasks.is_empty() {
        return Err(failed(format!("nothing found in stack: {name}")));
    }
    let services = engine.services_of_stack(Some(name)).await.map_err(refused)?;
    let nodes = engine.nodes("{}").await.map_err(refused)?;
    Ok(told(line::lines(&tasks, &services, &nodes, OffsetDateTime::now_utc())))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker_module::Cli>()]).unwrap();
    }
}

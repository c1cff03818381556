//! `docker_swarm_info`: what a manager says of its swarm, its nodes, services and tasks.

mod brief;
mod options;

use ansible::{Call, Failure, Module, Outcome};
use docker::{Engine, Part};
use docker_module::{Filters, connect};
use serde::Serialize;
use serde_json::Value;

use self::options::Options;
use crate::manager;

pub const MODULE: Module = ansible::module!(docker_swarm_info, run);

/// How far we got; told on success and on failure.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Reached {
    can_talk_to_docker: bool,
    docker_swarm_active: bool,
    docker_swarm_manager: bool,
}

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let mut reached = Reached::default();
    let facts = facts(&call, &options, &mut reached).await;
    let Reached { can_talk_to_docker, docker_swarm_active, docker_swarm_manager } = reached;
    match facts {
        Ok(outcome) => Ok(outcome
            .with("can_talk_to_docker", can_talk_to_docker)
            .with("docker_swarm_active", docker_swarm_active)
            .with("docker_swarm_manager", docker_swarm_manager)),
        Err(failure) => Err(failure
            .with("can_talk_to_docker", can_talk_to_docker)
            .with("docker_swarm_active", docker_swarm_active)
            .with("docker_swarm_manager", docker_swarm_manager)),
    }
}

async fn facts(call: &Call, options: &Options, reached: &mut Reached) -> Result<Outcome, Failure> {
    let engine = connect(call).await?;
    let part = engine.local_node().await?.part();
    reached.can_talk_to_docker = true;
    reached.docker_swarm_active = part != Part::None;
    let swarm = manager::swarm(&engine).await?;
    reached.docker_swarm_manager = true;
    let mut outcome = Outcome::unchanged().with("swarm_facts", swarm.raw);
    if options.tasks {
        outcome = outcome.with("tasks", tasks(&engine, options).await?);
    }
    if options.services {
        outcome = outcome.with("services", services(&engine, options).await?);
    }
    if options.nodes {
        outcome = outcome.with("nodes", nodes(&engine, options).await?);
    }
    if options.unlock_key {
        outcome = outcome.with("swarm_unlock_key", engine.unlock_key().await?);
    }
    Ok(outcome)
}

async fn tasks(engine: &Engine, options: &Options) -> Result<Vec<Value>, Failure> {
    let tasks = list(engine, "tasks", &options.tasks_filters, &[]).await?;
    if options.verbose_output {
        return Ok(tasks);
    }
    let nodes = list(engine, "nodes", &None, &[]).await?;
    Ok(tasks.iter().map(|task| brief::task(task, &nodes)).collect())
}

async fn services(engine: &Engine, options: &Options) -> Result<Vec<Value>, Failure> {
    if options.verbose_output {
        return list(engine, "services", &options.services_filters, &[]).await;
    }
    // With it the engine counts the tasks of each service; one before API 1.41 takes no notice.
    let services = list(engine, "services", &options.services_filters, &[("status", "true")]).await?;
    Ok(services.iter().map(brief::service).collect())
}

async fn nodes(engine: &Engine, options: &Options) -> Result<Vec<Value>, Failure> {
    let nodes = list(engine, "nodes", &options.nodes_filters, &[]).await?;
    Ok(if options.verbose_output { nodes } else { nodes.iter().map(brief::node).collect() })
}

async fn list(
    engine: &Engine,
    what: &str,
    filters: &Option<Filters>,
    query: &[(&str, &str)],
) -> Result<Vec<Value>, Failure> {
    let filters = filters.clone().unwrap_or_default().to_query();
    let query: Vec<_> = [("filters", filters.as_str())].into_iter().chain(query.iter().copied()).collect();
    match engine.get(&format!("/{what}"), &query).await {
        Ok(Value::Array(items)) => Ok(items),
        Ok(_) => Ok(Vec::new()),
        Err(error) => Err(Failure::new(format!("Error inspecting docker swarm for object '{what}': {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

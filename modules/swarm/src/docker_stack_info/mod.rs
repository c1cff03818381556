//! `docker_stack_info`: the stacks of a swarm, as `docker stack ls` tells them.

use std::collections::BTreeMap;

use ansible::{Call, Failure, Module, Outcome};
use docker::STACK;
use docker_module::connect_as_cli;
use serde_json::json;

use crate::stack::{natural, refused, told};

pub const MODULE: Module = ansible::module!(docker_stack_info, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let engine = connect_as_cli(&call).await?;
    let services = engine.services_of_stack(None).await.map_err(refused)?;
    let mut stacks: BTreeMap<String, usize> = BTreeMap::new();
    for stack in services.iter().filter_map(|service| service.typed.spec.typed.labels.get(STACK)) {
        *stacks.entry(stack.clone()).or_default() += 1;
    }
    let mut stacks: Vec<_> = stacks.into_iter().collect();
    stacks.sort_by(|(left, _), (right, _)| natural(left, right));
    let entry = |(name, services): (String, usize)| json!({ "Name": name, "Services": services.to_string() });
    Ok(told(stacks.into_iter().map(entry).collect()))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<docker_module::Cli>()]).unwrap();
    }
}

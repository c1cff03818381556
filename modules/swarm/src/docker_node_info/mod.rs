//! `docker_node_info`: what a manager says of its swarm's nodes.

mod options;

use ansible::{Call, Failure, Module, Outcome};
use docker::{Engine, with_leaders_address};
use docker_module::connect;
use serde_json::Value;

use self::options::Options;
use crate::manager;

pub const MODULE: Module = ansible::module!(docker_node_info, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let options: Options = call.options()?;
    let engine = connect(&call).await?;
    manager::swarm(&engine).await?;
    let nodes = match options.name {
        _ if options.this => named(&engine, &[engine.local_node().await?.node_id]).await?,
        Some(names) => named(&engine, &names).await?,
        None => engine.nodes("{}").await?.into_iter().map(|node| with_leaders_address(node.raw)).collect(),
    };
    Ok(Outcome::unchanged().with("nodes", nodes))
}

/// Those that there are.
async fn named(engine: &Engine, names: &[String]) -> Result<Vec<Value>, Failure> {
    let mut nodes = Vec::new();
    for name in names {
        nodes.extend(engine.node(name).await?.map(|node| with_leaders_address(node.raw)));
    }
    Ok(nodes)
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>(), reads::<docker::Connection>()]).unwrap();
    }
}

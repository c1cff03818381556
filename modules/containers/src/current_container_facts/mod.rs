//! `current_container_facts`: whether the module runs in a container, and in which.

mod detect;
mod options;

use ansible::{Call, Failure, Module, Outcome};
use serde_json::json;

use self::detect::{Container, Files};
use self::options::Options;

pub const MODULE: Module = ansible::module!(current_container_facts, run);

async fn run(call: Call) -> Result<Outcome, Failure> {
    let Options {} = call.options()?;
    let Container { id, kind } = Container::detect(&Files::of_this_process());
    Ok(Outcome::unchanged().with(
        "ansible_facts",
        json!({
            "ansible_module_running_in_container": !kind.is_empty(),
            "ansible_module_container_id": id,
            "ansible_module_container_type": kind,
        }),
    ))
}

#[cfg(test)]
mod tests {
    use ansible::golden::{agree, reads};

    #[test]
    fn sidecar_and_options_agree() {
        agree(super::MODULE.spec, &[reads::<super::Options>()]).unwrap();
    }
}

//! `volumes`: the modules that make, inspect, back up and restore volumes.

mod docker_volume;
mod docker_volume_info;
mod plugin;
mod snapshot;
mod system;
mod trouble;

use std::process::ExitCode;

const DOMAIN: ansible::Domain = ansible::Domain {
    name: "volumes",
    about: "Docker volumes, as Ansible modules and as a plug-in of the engine",
    modules: &[docker_volume::MODULE, docker_volume_info::MODULE],
    tools: plugin::TOOLS,
};

fn main() -> ExitCode {
    ansible::main(&DOMAIN)
}

//! `volumes`: the modules that make, inspect, back up and restore volumes.

mod docker_volume;
mod docker_volume_info;

use std::process::ExitCode;

const DOMAIN: ansible::Domain = ansible::Domain {
    name: "volumes",
    about: "Docker volumes, as Ansible modules",
    modules: &[docker_volume::MODULE, docker_volume_info::MODULE],
    tools: &[],
};

fn main() -> ExitCode {
    ansible::main(&DOMAIN)
}

//! `volumes`: the modules that make, inspect, back up and restore volumes.

mod docker_volume;

use std::process::ExitCode;

const DOMAIN: ansible::Domain =
    ansible::Domain { name: "volumes", about: "Docker volumes, as Ansible modules", modules: &[docker_volume::MODULE] };

fn main() -> ExitCode {
    ansible::main(&DOMAIN)
}

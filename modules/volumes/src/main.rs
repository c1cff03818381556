//! `volumes`: the modules that make, inspect, back up and restore volumes.

mod backup;
mod docker_volume;
mod docker_volume_info;
mod plugin;
mod snapshot;
mod system;
mod trouble;
mod volume_backup;
mod volume_snapshot;

use std::process::ExitCode;

const DOMAIN: ansible::Domain = ansible::Domain {
    name: "volumes",
    about: "Docker volumes, as Ansible modules and as a plug-in of the engine",
    modules: &[docker_volume::MODULE, docker_volume_info::MODULE, volume_backup::MODULE, volume_snapshot::MODULE],
    tools: &[
        backup::recover::TOOL,
        plugin::by_hand::SNAPSHOT,
        plugin::by_hand::STATUS,
        plugin::fsck::TOOL,
        plugin::serve::TOOL,
        plugin::units::PRIME,
        plugin::units::TOOL,
    ],
};

fn main() -> ExitCode {
    ansible::main(&DOMAIN)
}

//! `containers`: the modules for containers, networks and the engine itself.

mod current_container_facts;
mod docker_container;
mod docker_container_copy_into;
mod docker_container_exec;
mod docker_container_info;
mod docker_context_info;
mod docker_host_info;
mod docker_network;
mod docker_network_info;
mod docker_plugin;
mod inventory;
mod top;

use std::process::ExitCode;

const DOMAIN: ansible::Domain = ansible::Domain {
    name: "containers",
    about: "Docker containers and networks, as Ansible modules",
    modules: &[
        current_container_facts::MODULE,
        docker_container::MODULE,
        docker_container_copy_into::MODULE,
        docker_container_exec::MODULE,
        docker_container_info::MODULE,
        docker_context_info::MODULE,
        docker_host_info::MODULE,
        docker_network::MODULE,
        docker_network_info::MODULE,
        docker_plugin::MODULE,
    ],
    tools: &[inventory::TOOL, top::TOOL],
};

fn main() -> ExitCode {
    ansible::main(&DOMAIN)
}

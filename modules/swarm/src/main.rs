//! `swarm`: the modules for swarms, their nodes, and what runs in them.

mod content;
mod docker_config;
mod docker_node;
mod docker_node_info;
mod docker_secret;
mod docker_stack;
mod docker_stack_info;
mod docker_stack_task_info;
mod docker_swarm;
mod docker_swarm_info;
mod docker_swarm_service;
mod docker_swarm_service_info;
mod manager;
mod stack;
mod swarm_members;

use std::process::ExitCode;

const DOMAIN: ansible::Domain = ansible::Domain {
    name: "swarm",
    about: "Docker swarms, as Ansible modules",
    modules: &[
        docker_config::MODULE,
        docker_node::MODULE,
        docker_node_info::MODULE,
        docker_secret::MODULE,
        docker_stack::MODULE,
        docker_stack_info::MODULE,
        docker_stack_task_info::MODULE,
        docker_swarm::MODULE,
        docker_swarm_info::MODULE,
        docker_swarm_service::MODULE,
        docker_swarm_service_info::MODULE,
        swarm_members::MODULE,
    ],
    tools: &[],
};

fn main() -> ExitCode {
    ansible::main(&DOMAIN)
}

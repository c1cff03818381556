//! `containers`: the modules for containers, images, networks and the engine itself.

mod compose;
mod current_container_facts;
mod diagnosis;
mod docker_compose_v2;
mod docker_compose_v2_exec;
mod docker_compose_v2_pull;
mod docker_compose_v2_run;
mod docker_container;
mod docker_container_copy_into;
mod docker_container_exec;
mod docker_container_info;
mod docker_context_info;
mod docker_host_info;
mod docker_image;
mod docker_image_build;
mod docker_image_export;
mod docker_image_info;
mod docker_image_load;
mod docker_image_pull;
mod docker_image_push;
mod docker_image_remove;
mod docker_image_tag;
mod docker_login;
mod docker_network;
mod docker_network_info;
mod docker_plugin;
mod docker_prune;
mod inventory;
mod top;

use std::process::ExitCode;

const DOMAIN: ansible::Domain = ansible::Domain {
    name: "containers",
    about: "Docker containers, images and networks, as Ansible modules",
    modules: &[
        current_container_facts::MODULE,
        docker_compose_v2::MODULE,
        docker_compose_v2_exec::MODULE,
        docker_compose_v2_pull::MODULE,
        docker_compose_v2_run::MODULE,
        docker_container::MODULE,
        docker_container_copy_into::MODULE,
        docker_container_exec::MODULE,
        docker_container_info::MODULE,
        docker_context_info::MODULE,
        docker_host_info::MODULE,
        docker_image::MODULE,
        docker_image_build::MODULE,
        docker_image_export::MODULE,
        docker_image_info::MODULE,
        docker_image_load::MODULE,
        docker_image_pull::MODULE,
        docker_image_push::MODULE,
        docker_image_remove::MODULE,
        docker_image_tag::MODULE,
        docker_login::MODULE,
        docker_network::MODULE,
        docker_network_info::MODULE,
        docker_plugin::MODULE,
        docker_prune::MODULE,
    ],
    tools: &[inventory::TOOL, top::TOOL],
};

fn main() -> ExitCode {
    ansible::main(&DOMAIN)
}

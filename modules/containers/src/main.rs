//! `containers`: the modules for containers, images and networks.

mod docker_image_build;
mod docker_image_info;
mod docker_image_pull;

use std::process::ExitCode;

const DOMAIN: ansible::Domain = ansible::Domain {
    name: "containers",
    about: "Docker containers, images and networks, as Ansible modules",
    modules: &[docker_image_build::MODULE, docker_image_info::MODULE, docker_image_pull::MODULE],
};

fn main() -> ExitCode {
    ansible::main(&DOMAIN)
}

//! `images`: the modules for images: built, moved, removed, with the registries they come from and what lies about unused.

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
mod docker_prune;

use std::process::ExitCode;

const DOMAIN: ansible::Domain = ansible::Domain {
    name: "images",
    about: "Docker images and registries, and what lies about unused, as Ansible modules",
    modules: &[
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
        docker_prune::MODULE,
    ],
    tools: &[],
};

fn main() -> ExitCode {
    ansible::main(&DOMAIN)
}

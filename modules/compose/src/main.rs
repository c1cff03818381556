//! `compose`: the modules that run Docker's Compose plug-in.

mod cli;
mod docker_compose_v2;
mod docker_compose_v2_exec;
mod docker_compose_v2_pull;
mod docker_compose_v2_run;

use std::process::ExitCode;

const DOMAIN: ansible::Domain = ansible::Domain {
    name: "compose",
    about: "Compose projects, as Ansible modules",
    modules: &[
        docker_compose_v2::MODULE,
        docker_compose_v2_exec::MODULE,
        docker_compose_v2_pull::MODULE,
        docker_compose_v2_run::MODULE,
    ],
    tools: &[],
};

fn main() -> ExitCode {
    ansible::main(&DOMAIN)
}

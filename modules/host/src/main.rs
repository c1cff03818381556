//! `host`: the modules for a host itself, so that roles need no Python on it.

mod accounts;
mod atomic;
mod command;
mod docker_daemon_config;
mod host_facts;
mod host_file;
mod host_package;
mod host_unit;

use std::process::ExitCode;

const DOMAIN: ansible::Domain = ansible::Domain {
    name: "host",
    about: "A host's files, units, packages and engine configuration, as Ansible modules",
    modules: &[
        docker_daemon_config::MODULE,
        host_facts::MODULE,
        host_file::MODULE,
        host_package::MODULE,
        host_unit::MODULE,
    ],
    tools: &[],
};

fn main() -> ExitCode {
    ansible::main(&DOMAIN)
}

//! `firewall`: the modules for the kernel's packet filter.

use std::process::ExitCode;

const DOMAIN: ansible::Domain =
    ansible::Domain { name: "firewall", about: "The packet filter, as Ansible modules", modules: &[], tools: &[] };

fn main() -> ExitCode {
    ansible::main(&DOMAIN)
}

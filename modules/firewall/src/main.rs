//! `firewall`: the modules for the kernel's packet filter, and the tools for it on the target.

mod firewall;
mod iptables;

use std::process::ExitCode;

const DOMAIN: ansible::Domain = ansible::Domain {
    name: "firewall",
    about: "The packet filter, as Ansible modules",
    modules: &[firewall::MODULE, iptables::MODULE],
    tools: firewall::tools::TOOLS,
};

fn main() -> ExitCode {
    ansible::main(&DOMAIN)
}

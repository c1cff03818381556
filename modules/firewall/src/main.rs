//! `firewall`: the modules for the kernel's packet filter, and the tools for it on the target.

mod command;
mod firewall;
mod iptables;
mod iptables_state;

use std::process::ExitCode;

const DOMAIN: ansible::Domain = ansible::Domain {
    name: "firewall",
    about: "The packet filter, as Ansible modules",
    modules: &[firewall::MODULE, iptables::MODULE, iptables_state::MODULE],
    tools: firewall::tools::TOOLS,
};

fn main() -> ExitCode {
    ansible::main(&DOMAIN)
}

//! Turns the sidecars of the modules that every binary has into the argument specs that it embeds.

fn main() {
    sidecar::build::embed_specs();
}

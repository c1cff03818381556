//! Turns each module's sidecar into the argument spec that the binary embeds.
fn main() {
    sidecar::build::embed_specs();
}

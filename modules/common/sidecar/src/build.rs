//! For `build.rs`: sidecars to embedded argument specs.

/// Writes `OUT_DIR/NAME.json` for each `src/NAME/NAME.yml` of the crate being built.
pub fn embed_specs() {}

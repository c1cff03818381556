//! For `build.rs`: sidecars to embedded argument specs.

use std::env;
use std::fs;
use std::path::Path;

use crate::read::{Sidecar, find, fragment_dir};

/// Writes `OUT_DIR/NAME.json` for each `src/NAME/NAME.yml` of the crate being built. A sidecar that does not hold
/// together ends the build, with all that is wrong with it.
pub fn embed_specs() {
    // A new module is a line in the domain's table, so the table is watched and not all of src/.
    for watched in ["src/main.rs", "src/lib.rs"].into_iter().filter(|path| Path::new(path).is_file()) {
        println!("cargo::rerun-if-changed={watched}");
    }
    println!("cargo::rerun-if-changed={}", fragment_dir().display());
    let sidecars = match find(Path::new("src")) {
        Ok(sidecars) => sidecars,
        Err(error) => return println!("cargo::error=looking for sidecars in src/: {error}"),
    };
    for path in sidecars {
        println!("cargo::rerun-if-changed={}", path.display());
        if let Err(problems) = embed(&path) {
            for problem in problems.lines() {
                println!("cargo::error={problem}");
            }
        }
    }
}

/// Writes the argument spec of one sidecar.
fn embed(path: &Path) -> Result<(), String> {
    let sidecar = Sidecar::read(path).map_err(|invalid| invalid.to_string())?;
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: call this from build.rs")?;
    let target = Path::new(&out).join(format!("{}.json", sidecar.name()));
    fs::write(&target, sidecar.argument_spec().to_string())
        .map_err(|error| format!("writing {}: {error}", target.display()))
}

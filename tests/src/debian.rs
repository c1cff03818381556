//! Programs of Debian packages that need not be installed: unpacked beside the system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;

/// The program `path` (`usr/bin/docker-registry`) of a Debian package: the installed one, or an unpacked one.
pub(crate) fn program(package: &str, path: &str) -> Result<PathBuf, Failure> {
    let installed = Path::new("/").join(path);
    if installed.exists() { Ok(installed) } else { unpacked(package, path) }
}

/// The program, unpacked from the machine's mirror into the user's cache.
pub(crate) fn unpacked(package: &str, path: &str) -> Result<PathBuf, Failure> {
    let doing = format!("getting the package {package}");
    let failed = |error: std::io::Error| Failure::new(&doing, error);
    let cache = cache();
    let unpacked = cache.join(package);
    if !unpacked.join(path).exists() {
        fs::create_dir_all(&cache).map_err(failed)?;
        let script = "t=$(mktemp -d .new.XXXXXX) && trap 'rm -rf \"$t\"' EXIT && cd \"$t\" \
                      && apt-get -qq download \"$1\" && dpkg-deb -x ./*.deb x && mv -T x \"../$1\"";
        let output =
            Command::new("bash").args(["-c", script, "bash", package]).current_dir(&cache).output().map_err(failed)?;
        if !output.status.success() && !unpacked.join(path).exists() {
            return Err(Failure::new(
                &doing,
                format!("install it: {}", String::from_utf8_lossy(&output.stderr).trim()),
            ));
        }
    }
    Ok(unpacked.join(path))
}

/// The user's cache, where what was fetched stays.
pub(crate) fn cache() -> PathBuf {
    std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .unwrap_or_else(std::env::temp_dir)
        .join("cdgp-docker")
}

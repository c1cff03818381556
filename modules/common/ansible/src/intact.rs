//! Whether this binary is whole: its own file held against the checksum that the controller sent with the arguments.

use std::fs::File;
use std::io::{self, Read};

use serde_json::{Map, Value};

use crate::Failure;

/// The running program's file, also when it has been renamed or deleted since. Source: proc(5).
const OWN_FILE: &str = "/proc/self/exe";

/// Compares this binary with `checksums`: the CRC-32 of each architecture's file, by Rust's name of the architecture.
/// It is a guard against damage (a bad disk, an upload cut short), not against attackers: those the cache directory's
/// owner and mode keep out. It costs about half a millisecond, which a cryptographic checksum would not on older CPUs.
///
/// # Errors
/// A failure with `_native_damaged`, the architecture: it tells the action plugin to upload the binary again. Nothing
/// has been done then. An unreadable /proc is no error: nothing can be compared.
pub(crate) fn check(checksums: &Map<String, Value>) -> Result<(), Failure> {
    let arch = std::env::consts::ARCH;
    // Not read where nobody asks: a binary that has not been optimized takes a second for that.
    let Some(expected) = checksums.get(arch).and_then(Value::as_u64) else { return Ok(()) };
    let Ok(found) = own_checksum() else { return Ok(()) };
    if u64::from(found) == expected {
        return Ok(());
    }
    Err(Failure::new("the binary on the target is damaged: delete it, the next task uploads it again")
        .with("_native_damaged", arch))
}

/// The CRC-32 of this program's file.
fn own_checksum() -> io::Result<u32> {
    let mut file = File::open(OWN_FILE)?;
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; 128 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize()),
            length => hasher.update(buffer.get(..length).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checksums(sum: u32) -> Map<String, Value> {
        [(std::env::consts::ARCH.to_owned(), json!(sum))].into_iter().collect()
    }

    #[test]
    fn only_another_checksum_is_damage() {
        let own = own_checksum().unwrap();
        assert_eq!(own, crc32fast::hash(&std::fs::read(OWN_FILE).unwrap()));
        check(&checksums(own)).unwrap();
        check(&Map::new()).unwrap();
        let failure = check(&checksums(!own)).unwrap_err();
        assert_eq!(failure.result["_native_damaged"], std::env::consts::ARCH);
    }
}

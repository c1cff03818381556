//! SHA-256 as Docker writes it.

use sha2::{Digest, Sha256};

/// The checksum of some bytes, in hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    letters(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal.
pub(crate) fn letters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

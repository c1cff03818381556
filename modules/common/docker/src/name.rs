//! Which names the engine accepts for containers and for volumes of its own driver.
//!
//! Source: `daemon/names` of moby: `[a-zA-Z0-9][a-zA-Z0-9_.-]+`.

/// The rule in words, for a message.
pub const NAMES: &str = "it needs two or more letters, digits, `_`, `.` and `-`, the first of them a letter or a digit";

/// Whether the engine would make a container or a local volume of that name.
pub fn is_name(name: &str) -> bool {
    let mut letters = name.bytes();
    letters.next().is_some_and(|first| first.is_ascii_alphanumeric())
        && name.len() > 1
        && letters.all(|letter| letter.is_ascii_alphanumeric() || b"_.-".contains(&letter))
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_that_an_engine_takes() {
        for name in ["web", "0x", "a.", "a_-.b"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "a", ".a", "-a", "a/b", "a b", "aé", "a\nb", "a:b"] {
            assert!(!is_name(name), "{name}");
        }
    }
}

//! Mounts: which option goes with which type.

use ansible::Sentence;

/// Refuses the first of `options` (name, whether it was said, and the types that have it) that a mount of the type `kind`
/// does not have.
///
/// # Errors
/// The peer's wording, which plays match on.
pub fn options_of_mount(target: &str, kind: &str, options: &[(&str, bool, &[&str])]) -> Result<(), Sentence> {
    for (option, said, kinds) in options {
        if *said && !kinds.contains(&kind) {
            let names: Vec<String> = kinds.iter().map(|kind| format!("\"{kind}\"")).collect();
            let plural = if kinds.len() == 1 { "" } else { "s" };
            return Err(Sentence(format!(
                "{option} cannot be specified for mount \"{target}\" of type \"{kind}\" (needs type{plural} {})",
                names.join(", ")
            )));
        }
    }
    Ok(())
}

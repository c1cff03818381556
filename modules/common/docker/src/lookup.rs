//! Which object a user means by a word: the engine's answer is checked before it is believed.

/// Whether `word` is the object's name, or its ID from the 12 digits on that `docker ps` shows.
///
/// The engine takes any beginning of an ID: where there is no container `db`, it finds one whose ID begins with these
/// letters, which a task for `db` would then change or remove.
pub(crate) fn means(word: &str, name: &str, id: &str) -> bool {
    // The engine writes a slash before a container's name, and so do some users.
    let word = word.trim_start_matches('/');
    word == name || (word.len() >= 12 && id.starts_with(word))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_short_word_never_means_an_id() {
        let id = "dbcafe0123456789".repeat(4);
        for (word, meant) in [
            ("web", true),
            ("/web", true),
            ("db", false),
            ("dbcafe01234", false),
            ("dbcafe012345", true),
            ("dbcafe012346", false),
            (id.as_str(), true),
            ("", false),
        ] {
            assert_eq!(super::means(word, "web", &id), meant, "{word}");
        }
    }
}

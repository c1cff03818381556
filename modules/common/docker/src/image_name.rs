//! Names of images, taken apart: registry, repository, tag, digest.
//!
//! Source: the grammar of the `reference` package of CNCF Distribution.

use std::fmt;

/// The name of an image as a user writes it: `[registry[:port]/]path[:tag][@digest]`.
///
/// It is split, not checked: what a name may hold is the engine's to say, and it says it well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageName {
    /// Everything before tag and digest, the registry with it.
    pub repository: String,
    /// What follows the colon.
    pub tag: Option<String>,
    /// What follows the `@`, such as `sha256:` and 64 hexadecimal digits.
    pub digest: Option<String>,
}

impl ImageName {
    /// Splits a name.
    pub fn parse(text: &str) -> ImageName {
        let (text, digest) = match text.rsplit_once('@') {
            Some((name, digest)) => (name, Some(digest.to_owned())),
            None => (text, None),
        };
        // A colon before the last slash belongs to a registry's port.
        let (repository, tag) = match text.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag.to_owned())),
            _ => (text, None),
        };
        ImageName { repository: repository.to_owned(), tag, digest }
    }

    /// The same name with `tag`, where it has neither a tag nor a digest of its own.
    #[must_use]
    pub fn or_tag(mut self, tag: &str) -> ImageName {
        if self.digest.is_none() {
            self.tag.get_or_insert_with(|| tag.to_owned());
        }
        self
    }

    /// The registry's host and port; `docker.io` where the name has none.
    pub fn registry(&self) -> &str {
        match self.repository.split_once('/') {
            // Only these mark a host: without them it is a name's first part on Docker Hub.
            Some((host, _)) if host.contains(['.', ':']) || host == "localhost" || host != host.to_lowercase() => {
                if matches!(host, "index.docker.io" | "registry-1.docker.io") { "docker.io" } else { host }
            }
            _ => "docker.io",
        }
    }

    /// The short form in which the engine lists names: without Docker Hub's host and `library/`.
    #[must_use]
    pub fn familiar(mut self) -> ImageName {
        let hub = ["docker.io/", "index.docker.io/", "registry-1.docker.io/"];
        if let Some(path) = hub.iter().find_map(|host| self.repository.strip_prefix(host)) {
            self.repository = path.to_owned();
        }
        if let Some(path) = self.repository.strip_prefix("library/") {
            self.repository = path.to_owned();
        }
        self
    }

    /// Whether `text` is an image's ID in full: `sha256:` and 64 hexadecimal digits.
    pub fn is_id(text: &str) -> bool {
        let digits = text.strip_prefix("sha256:").unwrap_or_default();
        digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    }

    /// Whether `text` can be a tag.
    pub fn is_tag(text: &str) -> bool {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let bytes = text.as_bytes();
        (1..=128).contains(&bytes.len())
            && word(bytes[0])
            && bytes.iter().all(|&byte| word(byte) || matches!(byte, b'.' | b'-'))
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_where_docker_splits_them() {
        for (text, registry, repository, tag, digest) in [
            ("busybox", "docker.io", "busybox", None, None),
            ("busybox:1.36", "docker.io", "busybox", Some("1.36"), None),
            ("org/app", "docker.io", "org/app", None, None),
            ("docker.io/library/busybox", "docker.io", "docker.io/library/busybox", None, None),
            ("index.docker.io/busybox:x", "docker.io", "index.docker.io/busybox", Some("x"), None),
            ("localhost/app", "localhost", "localhost/app", None, None),
            ("localhost:5000/app", "localhost:5000", "localhost:5000/app", None, None),
            ("host:5000/a/b:v1", "host:5000", "host:5000/a/b", Some("v1"), None),
            ("r.example/a@sha256:00", "r.example", "r.example/a", None, Some("sha256:00")),
            ("[::1]:5000/a:b", "[::1]:5000", "[::1]:5000/a", Some("b"), None),
            ("r.example/a:v1@sha256:00", "r.example", "r.example/a", Some("v1"), Some("sha256:00")),
            ("HOST/a", "HOST", "HOST/a", None, None),
            ("", "docker.io", "", None, None),
        ] {
            let name = ImageName::parse(text);
            assert_eq!(
                (name.registry(), name.repository.as_str(), name.tag.as_deref(), name.digest.as_deref()),
                (registry, repository, tag, digest),
                "{text}"
            );
            assert_eq!(name.to_string(), text);
        }
    }

    #[test]
    fn familiar_names_are_short() {
        for (text, short) in [
            ("docker.io/library/a:1", "a:1"),
            ("index.docker.io/o/a", "o/a"),
            ("library/a", "a"),
            ("h:5/library/a", "h:5/library/a"),
        ] {
            assert_eq!(ImageName::parse(text).familiar().to_string(), short);
        }
    }

    #[test]
    fn a_default_tag_yields_to_tag_and_digest() {
        for (text, full) in [("a", "a:t"), ("a:b", "a:b"), ("a@sha256:0", "a@sha256:0"), ("h:5/a", "h:5/a:t")] {
            assert_eq!(ImageName::parse(text).or_tag("t").to_string(), full);
        }
    }

    #[test]
    fn ids_and_tags_are_told_from_other_words() {
        let digits = "0123456789abcdefABCDEF0000000000000000000000000000000000000000ff";
        assert!(ImageName::is_id(&format!("sha256:{digits}")));
        assert!(!ImageName::is_id(digits) && !ImageName::is_id("sha256:00") && !ImageName::is_id("busybox"));
        assert!(["latest", "1.0", "_x", "a-b.c_d"].into_iter().all(ImageName::is_tag));
        assert!(!["", "foo/bar", ".x", "-x", "a b", "sha256:0", "é"].into_iter().any(ImageName::is_tag));
        assert!(ImageName::is_tag(&"x".repeat(128)) && !ImageName::is_tag(&"x".repeat(129)));
    }
}

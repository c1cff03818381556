//! Paths and queries as the engine's router decodes them.

use std::fmt::Write as _;

/// `path` with what a URL's path can't hold escaped. Slashes stay: image and plug-in names have them, and the engine's
/// routes take them. For bollard too, which puts names into its paths as they are.
pub fn path(path: &str) -> String {
    escape(path, |byte| byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=:@".contains(&byte))
}

/// `?a=b&c=d`; empty for no pairs. Everything but RFC 3986's unreserved letters is escaped, so a `+` stays a plus.
pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (key, value) in pairs {
        text.push(if text.is_empty() { '?' } else { '&' });
        for (part, end) in [(key, "="), (value, "")] {
            text += &escape(part, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
            text += end;
        }
    }
    text
}

fn escape(text: &str, keep: impl Fn(u8) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if keep(byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_survive_the_url() {
        assert_eq!(super::path("/images/host:5000/a/b@sha256:c/json"), "/images/host:5000/a/b@sha256:c/json");
        assert_eq!(super::path("/volumes/a b?c#d%é"), "/volumes/a%20b%3Fc%23d%25%C3%A9");
        assert_eq!(super::query(&[]), "");
        assert_eq!(super::query(&[("a", "x+y z"), ("b", "é&=/")]), "?a=x%2By%20z&b=%C3%A9%26%3D%2F");
    }
}

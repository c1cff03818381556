//! Paths of the target's files, which may be Windows' while this runs elsewhere.

/// Whether a path begins with a Windows drive: `C:`.
pub(crate) fn has_drive(path: &str) -> bool {
    let mut letters = path.chars();
    letters.next().is_some_and(|letter| letter.is_ascii_alphabetic()) && letters.next() == Some(':')
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || path.starts_with(r"\\") || has_drive(path)
}

/// A path seen from `directory`; an absolute one stays as it is.
pub(crate) fn from(directory: &str, path: &str) -> String {
    if is_absolute(path) { path.to_owned() } else { clean(&format!("{directory}/{path}")) }
}

/// The directory of a file; `.` for a bare name.
pub fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((directory, _)) => directory,
        None => ".",
    }
}

/// The same path without `.`, `..` and doubled slashes, where that can be told from the path alone.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.join("/")) {
        (true, joined) => format!("/{joined}"),
        (false, joined) if joined.is_empty() => ".".to_owned(),
        (false, joined) => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_from_a_directory() {
        for (directory, path, wanted) in [
            ("/opt/app", "./x", "/opt/app/x"),
            ("/opt/app", "../x//y/.", "/opt/x/y"),
            ("/opt/app", ".", "/opt/app"),
            ("/opt/app", "/x/../y", "/x/../y"),
            ("/", "../x", "/x"),
            (".", "x", "x"),
            ("..", "../x", "../../x"),
            ("/opt", r"C:\x", r"C:\x"),
            ("a", "..", "."),
        ] {
            assert_eq!(from(directory, path), wanted, "{directory} {path}");
        }
        assert_eq!((parent("/a/b"), parent("/a"), parent("a")), ("/a", "/", "."));
    }
}

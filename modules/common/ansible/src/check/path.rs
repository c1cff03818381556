//! Paths: `$VAR` and `~` as Python's `os.path` expands them.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt;

/// Expands variables first, then a leading `~` or `~user`. What is not set or not known stays as it is.
pub(super) fn expand(text: &str) -> String {
    home(&variables(text))
}

fn variables(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, length) = match after.strip_prefix('{') {
            Some(braced) => braced.find('}').map_or(("", 0), |end| (&braced[..end], end + 2)),
            None => {
                let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
                (&after[..end], end)
            }
        };
        let set = if name.is_empty() || name.contains(['=', '\0']) { None } else { env::var_os(name) };
        match set {
            Some(value) => out.push_str(&value.to_string_lossy()),
            None => out.push_str(&rest[at..at + 1 + length]),
        }
        rest = &after[length..];
    }
    out + rest
}

fn home(text: &str) -> String {
    let Some(after) = text.strip_prefix('~') else { return text.to_owned() };
    let end = after.find('/').unwrap_or(after.len());
    let (user, rest) = after.split_at(end);
    let home = if user.is_empty() {
        env::var_os("HOME").map(|home| home.to_string_lossy().into_owned()).or_else(|| {
            let uid = fs::metadata("/proc/self").ok()?.uid().to_string();
            from_passwd(2, &uid)
        })
    } else {
        from_passwd(0, user)
    };
    let Some(home) = home else { return text.to_owned() };
    let path = format!("{}{rest}", home.trim_end_matches('/'));
    if path.is_empty() { "/".to_owned() } else { path }
}

/// The home directory in the line of `/etc/passwd` whose field `column` is `wanted`. A static binary asks no directory
/// service, so users who are not listed there have none.
fn from_passwd(column: usize, wanted: &str) -> Option<String> {
    let passwd = fs::read_to_string("/etc/passwd").ok()?;
    let line = passwd.lines().find(|line| line.split(':').nth(column) == Some(wanted))?;
    line.split(':').nth(5).map(str::to_owned)
}

//! Which distribution it is, and how packages get onto it.
//!
//! Source: os-release(5); names and families as Ansible's documentation of the fact `distribution` lists them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::root::Root;

/// What os-release tells.
#[derive(Debug)]
pub struct Os {
    name: String,
    version: String,
    release: String,
    family: String,
    id: String,
    variant: String,
}

/// The distributions by their `ID`: Ansible's name for each, and the family it belongs to. Of the others name and family
/// follow from `ID` and `ID_LIKE`.
const KNOWN: [(&str, &str, &str); 21] = [
    ("almalinux", "AlmaLinux", "RedHat"),
    ("alpine", "Alpine", "Alpine"),
    ("amzn", "Amazon", "RedHat"),
    ("arch", "Archlinux", "Archlinux"),
    ("centos", "CentOS", "RedHat"),
    ("debian", "Debian", "Debian"),
    ("devuan", "Devuan", "Debian"),
    ("fedora", "Fedora", "RedHat"),
    ("flatcar", "Flatcar", "Flatcar"),
    ("kali", "Kali", "Debian"),
    ("linuxmint", "Linux Mint", "Debian"),
    ("ol", "OracleLinux", "RedHat"),
    ("opensuse-leap", "openSUSE Leap", "Suse"),
    ("opensuse-microos", "openSUSE MicroOS", "Suse"),
    ("opensuse-tumbleweed", "openSUSE Tumbleweed", "Suse"),
    ("raspbian", "Debian", "Debian"),
    ("rhel", "RedHat", "RedHat"),
    ("rocky", "Rocky", "RedHat"),
    ("sles", "SLES", "Suse"),
    ("sl-micro", "SL-Micro", "Suse"),
    ("ubuntu", "Ubuntu", "Debian"),
];

impl Os {
    /// Reads it.
    pub fn read(root: &Root) -> Os {
        let text = ["/etc/os-release", "/usr/lib/os-release"].map(|path| root.text(path));
        let [etc, usr] = text.each_ref();
        Os::parse(if etc.is_empty() { usr } else { etc }, root.text("/etc/debian_version").trim())
    }

    fn parse(os_release: &str, debian_version: &str) -> Os {
        let fields = fields(os_release);
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let id = field("ID").to_lowercase();
        let (name, family) = match KNOWN.iter().find(|(known, _, _)| *known == id) {
            Some((_, name, family)) => ((*name).to_owned(), (*family).to_owned()),
            None => {
                let like = field("ID_LIKE");
                let parent = like.split_whitespace().find_map(|word| {
                    KNOWN.iter().find(|(known, _, _)| *known == word || (*known == "opensuse-leap" && word == "suse"))
                });
                let name = capital(&id);
                let family = parent.map_or_else(|| name.clone(), |(_, _, family)| (*family).to_owned());
                (name, family)
            }
        };
        // Point releases stand only in Debian's own file; testing has a word there.
        let of_debian = id == "debian" && debian_version.starts_with(|first: char| first.is_ascii_digit());
        let version = if of_debian { debian_version.to_owned() } else { field("VERSION_ID") };
        Os { name, version, release: codename(&fields), family, id, variant: field("VARIANT_ID") }
    }

    /// The facts under Ansible's names.
    pub fn facts(&self) -> Map<String, Value> {
        let known = |text: &str| if text.is_empty() { "NA".to_owned() } else { text.to_owned() };
        let major = self.version.split('.').next().unwrap_or_default();
        map(json!({
            "distribution": known(&self.name),
            "distribution_version": known(&self.version),
            "distribution_major_version": known(major),
            "distribution_release": known(&self.release),
            "os_family": known(&self.family),
        }))
    }

    /// How packages get onto the host.
    pub fn updates(&self, root: &Root) -> &'static str {
        if root.has("/run/ostree-booted") || (self.id == "fedora" && self.variant == "coreos") {
            "rpm-ostree"
        } else if root.has("/usr/sbin/transactional-update")
            && matches!(self.id.as_str(), "opensuse-microos" | "sl-micro" | "sle-micro")
        {
            "transactional"
        } else if self.id == "flatcar" {
            "image"
        } else {
            "packages"
        }
    }
}

/// The package manager by Ansible's name.
pub fn pkg_mgr(root: &Root) -> &'static str {
    let places: [(&str, &str); 8] = [
        ("/run/ostree-booted", "atomic_container"),
        ("/usr/bin/apt-get", "apt"),
        ("/usr/bin/dnf5", "dnf5"),
        ("/usr/bin/dnf", "dnf"),
        ("/usr/bin/zypper", "zypper"),
        ("/usr/bin/yum", "yum"),
        ("/sbin/apk", "apk"),
        ("/usr/bin/pacman", "pacman"),
    ];
    places.iter().find(|(path, _)| root.has(path)).map_or("unknown", |(_, name)| name)
}

/// A Python 3 that Ansible would find.
pub fn python(root: &Root) -> Option<String> {
    let programs = root.names("/usr/bin").into_iter().filter(|name| {
        let version = name.strip_prefix("python3");
        version.is_some_and(|version| version.is_empty() || version.starts_with('.') && !version.contains('-'))
    });
    let mut found: Vec<String> = programs.map(|name| format!("/usr/bin/{name}")).collect();
    found.extend(["/usr/local/bin/python3", "/usr/libexec/platform-python"].map(str::to_owned));
    found.into_iter().find(|path| root.has(path))
}

/// The assignments of an os-release file.
fn fields(text: &str) -> BTreeMap<String, String> {
    let assignments = text.lines().filter_map(|line| line.trim().split_once('='));
    assignments.map(|(name, value)| (name.to_owned(), unquoted(value))).collect()
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    let inner = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(value).replace("\\\"", "\"").replace("\\$", "$").replace("\\`", "`").replace("\\\\", "\\")
}

/// The release's code name, or else the name in brackets behind the version's number.
fn codename(fields: &BTreeMap<String, String>) -> String {
    if let Some(name) = fields.get("VERSION_CODENAME").or_else(|| fields.get("UBUNTU_CODENAME")) {
        return name.clone();
    }
    let version = fields.get("VERSION").map(String::as_str).unwrap_or_default();
    let inside = version.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    inside.map(|(name, _)| name.to_owned()).unwrap_or_default()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The object that `json!` was given.
pub fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

//! Platforms: `os[/arch[/variant]]`, made comparable.
//!
//! Source: the normalisation of containerd's `platforms` package.

use std::fmt;

/// A platform in the one spelling that each has: `linux/amd64`, `linux/arm/v7`. `arm64` has no variant where containerd
/// would write v8, and `arm` always has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// `linux`, `windows` …
    pub os: String,
    /// In Go's words: `amd64`, `arm64`, `arm` …
    pub arch: String,
    /// `v7` and the like; empty for none.
    pub variant: String,
}

/// A text that names no platform.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{text:?} is not a platform: {reason}; write os, os/arch or os/arch/variant, such as linux/arm64")]
pub struct BadPlatform {
    text: String,
    reason: &'static str,
}

const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "windows",
    "zos",
];

const MACHINES: &[&str] = &[
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "armbe",
    "arm64",
    "arm64be",
    "ppc64",
    "ppc64le",
    "loong64",
    "mips",
    "mipsle",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "ppc",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

impl Platform {
    /// As the engine takes it in queries.
    pub fn json(&self) -> String {
        serde_json::json!({ "os": self.os, "architecture": self.arch, "variant": self.variant }).to_string()
    }

    /// A platform from its parts, in any spelling.
    pub fn new(os: &str, arch: &str, variant: &str) -> Platform {
        let os = match os.to_lowercase().as_str() {
            "macos" => "darwin".to_owned(),
            other => other.to_owned(),
        };
        let (arch, variant) = (arch.to_lowercase(), variant.to_lowercase());
        let (arch, variant) = match (arch.as_str(), variant.as_str()) {
            ("i386", _) => ("386", ""),
            ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
            ("x86_64" | "x86-64" | "amd64", variant) => ("amd64", variant),
            ("aarch64" | "arm64", "8" | "v8") => ("arm64", ""),
            ("aarch64" | "arm64", variant) => ("arm64", variant),
            ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
            ("armel", _) | ("arm", "6") => ("arm", "v6"),
            ("arm", "5") => ("arm", "v5"),
            ("arm", "8") => ("arm", "v8"),
            other => other,
        };
        Platform { os, arch: arch.to_owned(), variant: variant.to_owned() }
    }

    /// Reads what a user wrote; what it leaves out is as on the engine, which runs `os` on `arch`.
    ///
    /// # Errors
    /// The text has no known word, an empty part, or letters that a platform can't have.
    pub fn parse(text: &str, os: &str, arch: &str) -> Result<Platform, BadPlatform> {
        let bad = |reason| BadPlatform { text: text.to_owned(), reason };
        let parts: Vec<&str> = text.splitn(3, '/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err(bad("a part is empty"));
        }
        if !parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')) {
            return Err(bad("a part has a letter that it can't have"));
        }
        match parts.as_slice() {
            [os, arch, variant] => Ok(Platform::new(os, arch, variant)),
            [os, arch] => Ok(Platform::new(os, arch, "")),
            _ => {
                let (as_system, as_machine) = (Platform::new(text, arch, ""), Platform::new(os, text, ""));
                if SYSTEMS.contains(&as_system.os.as_str()) {
                    Ok(as_system)
                } else if MACHINES.contains(&as_machine.arch.as_str()) {
                    Ok(as_machine)
                } else {
                    Err(bad("neither a known system nor a known machine"))
                }
            }
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.arch)?;
        if self.variant.is_empty() { Ok(()) } else { write!(f, "/{}", self.variant) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_becomes_one() {
        for (text, spelled) in [
            ("linux", "linux/amd64"),
            ("amd64", "linux/amd64"),
            ("x86_64", "linux/amd64"),
            ("aarch64", "linux/arm64"),
            ("Linux/ARM64/v8", "linux/arm64"),
            ("linux/arm64", "linux/arm64"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/arm/7", "linux/arm/v7"),
            ("armel", "linux/arm/v6"),
            ("linux/amd64/v3", "linux/amd64/v3"),
            ("macos/arm64", "darwin/arm64"),
            ("windows", "windows/amd64"),
            ("linux/new-machine", "linux/new-machine"),
        ] {
            assert_eq!(Platform::parse(text, "linux", "x86_64").unwrap().to_string(), spelled, "{text}");
        }
    }

    #[test]
    fn a_word_that_is_no_platform_is_refused() {
        for text in ["", "toaster", "linux/", "/amd64", "linux/amd64/", "linux/a b", "linux/arm/v7/x"] {
            assert!(Platform::parse(text, "linux", "amd64").is_err(), "{text}");
        }
    }
}

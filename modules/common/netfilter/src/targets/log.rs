//! `LOG` and `NFLOG`.

use crate::Invalid;
use crate::extension::{Extension, Given, Syntax};
use crate::value::decimal;
use crate::word::Line;

/// `-j LOG`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Log {
    /// `--log-prefix`: at most 29 bytes.
    pub prefix: String,
    /// `--log-level`: of syslog, 0 (emergency) to 7 (debug).
    pub level: u8,
    /// `--log-tcp-sequence`
    pub tcp_sequence: bool,
    /// `--log-tcp-options`
    pub tcp_options: bool,
    /// `--log-ip-options`
    pub ip_options: bool,
    /// `--log-uid`
    pub uid: bool,
    /// `--log-macdecode`
    pub mac: bool,
}

/// iptables' own level: warning.
const LEVEL: u8 = 4;
/// The kernel's room for the prefix.
const LONGEST_PREFIX: usize = 29;

impl Default for Log {
    fn default() -> Log {
        Log {
            prefix: String::new(),
            level: LEVEL,
            tcp_sequence: false,
            tcp_options: false,
            ip_options: false,
            uid: false,
            mac: false,
        }
    }
}

/// syslog(3)'s names of levels.
const LEVELS: [(&str, u8); 11] = [
    ("emerg", 0),
    ("panic", 0),
    ("alert", 1),
    ("crit", 2),
    ("error", 3),
    ("err", 3),
    ("warning", 4),
    ("warn", 4),
    ("notice", 5),
    ("info", 6),
    ("debug", 7),
];

impl Log {
    /// Reads a level by number or name.
    ///
    /// # Errors
    /// It is none.
    pub fn level(text: &str) -> Result<u8, Invalid> {
        let named = || LEVELS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, level)| *level);
        text.parse().ok().filter(|level| *level < 8).or_else(named).ok_or_else(|| {
            Invalid::new(
                format!("{text:?} is no level of syslog"),
                "write 0 to 7, or emerg, alert, crit, error, warning, notice, info, debug",
            )
        })
    }

    /// Whether a text fits as prefix.
    pub(crate) fn prefix(text: &str, longest: usize) -> Result<String, Invalid> {
        if text.len() <= longest && !text.contains('\n') {
            return Ok(text.to_owned());
        }
        let what = format!("the prefix {text:?} has {} bytes", text.len());
        Err(Invalid::new(what, format!("write one line of at most {longest}")))
    }
}

impl Extension for Log {
    const SYNTAX: Syntax = Syntax {
        name: "LOG",
        options: &[
            (&["--log-prefix"], 1),
            (&["--log-level"], 1),
            (&["--log-tcp-sequence"], 0),
            (&["--log-tcp-options"], 0),
            (&["--log-ip-options"], 0),
            (&["--log-uid"], 0),
            (&["--log-macdecode"], 0),
        ],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<Log>, Invalid> {
        Ok(Some(Log {
            prefix: given.value("--log-prefix", |text| Log::prefix(text, LONGEST_PREFIX))?.unwrap_or_default(),
            level: given.value("--log-level", Log::level)?.unwrap_or(LEVEL),
            tcp_sequence: given.flag("--log-tcp-sequence")?,
            tcp_options: given.flag("--log-tcp-options")?,
            ip_options: given.flag("--log-ip-options")?,
            uid: given.flag("--log-uid")?,
            mac: given.flag("--log-macdecode")?,
        }))
    }

    fn write(&self, line: &mut Line) {
        if !self.prefix.is_empty() {
            line.flag(false, "--log-prefix");
            line.text(&self.prefix);
        }
        if self.level != LEVEL {
            line.option(false, "--log-level", self.level);
        }
        let flags = [
            ("--log-tcp-sequence", self.tcp_sequence),
            ("--log-tcp-options", self.tcp_options),
            ("--log-ip-options", self.ip_options),
            ("--log-uid", self.uid),
            ("--log-macdecode", self.mac),
        ];
        for (name, set) in flags {
            if set {
                line.flag(false, name);
            }
        }
    }
}

/// `-j NFLOG`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Nflog {
    /// `--nflog-prefix`: at most 63 bytes.
    pub prefix: String,
    /// `--nflog-group`
    pub group: u16,
    /// `--nflog-size`, in bytes.
    pub size: Option<u32>,
    /// `--nflog-threshold`, in packets.
    pub threshold: Option<u16>,
}

impl Extension for Nflog {
    const SYNTAX: Syntax = Syntax {
        name: "NFLOG",
        options: &[
            (&["--nflog-prefix"], 1),
            (&["--nflog-group"], 1),
            (&["--nflog-range"], 1),
            (&["--nflog-size"], 1),
            (&["--nflog-threshold"], 1),
        ],
    };

    fn read(given: &mut Given<'_>) -> Result<Option<Nflog>, Invalid> {
        // Deprecated, and without effect in the kernel.
        if given.options.iter().any(|option| option.name == "--nflog-range") {
            return Ok(None);
        }
        Ok(Some(Nflog {
            prefix: given.value("--nflog-prefix", |text| Log::prefix(text, 63))?.unwrap_or_default(),
            group: given.value("--nflog-group", decimal)?.unwrap_or(0),
            size: given.value("--nflog-size", decimal)?,
            threshold: given.value("--nflog-threshold", decimal)?.filter(|threshold| *threshold != 1),
        }))
    }

    fn write(&self, line: &mut Line) {
        if !self.prefix.is_empty() {
            line.flag(false, "--nflog-prefix");
            line.text(&self.prefix);
        }
        if self.group != 0 {
            line.option(false, "--nflog-group", self.group);
        }
        if let Some(size) = self.size {
            line.option(false, "--nflog-size", size);
        }
        if let Some(threshold) = self.threshold {
            line.option(false, "--nflog-threshold", threshold);
        }
    }
}

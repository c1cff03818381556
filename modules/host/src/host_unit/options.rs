//! The options of `host_unit`.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub name: Option<String>,
    pub state: Option<State>,
    pub enabled: Option<bool>,
    pub masked: Option<bool>,
    pub content: Option<String>,
    pub drop_ins: BTreeMap<String, String>,
    pub on_change: OnChange,
    pub scope: Scope,
    pub daemon_reload: bool,
    pub daemon_reexec: bool,
    pub force: Option<bool>,
    pub no_block: bool,
    pub stable_for: u64,
    pub timeout: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Absent,
    Reloaded,
    Restarted,
    Started,
    Stopped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnChange {
    Nothing,
    Reload,
    Restart,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    Global,
    System,
    User,
}

impl Scope {
    /// What tells it to `systemctl`.
    pub fn flag(self) -> &'static str {
        match self {
            Scope::Global => "--global",
            Scope::System => "--system",
            Scope::User => "--user",
        }
    }
}

/// A unit's name with its ending.
pub fn full_name(name: &str) -> String {
    const ENDINGS: [&str; 11] = [
        ".service",
        ".socket",
        ".device",
        ".mount",
        ".automount",
        ".swap",
        ".target",
        ".path",
        ".timer",
        ".slice",
        ".scope",
    ];
    if ENDINGS.iter().any(|ending| name.ends_with(ending)) { name.to_owned() } else { format!("{name}.service") }
}

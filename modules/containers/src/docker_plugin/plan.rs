//! What `docker_plugin` will do.

use std::collections::BTreeMap;
use std::fmt;

use ansible::{Failure, Plan};
use docker::Plugin;
use serde::Serialize;

use super::options::{Options, State};

/// A plug-in's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Installed {
    enabled: bool,
    settings: BTreeMap<String, String>,
}

impl From<&Plugin> for Installed {
    fn from(plugin: &Plugin) -> Self {
        Installed { enabled: plugin.enabled, settings: plugin.env() }
    }
}

/// One engine call.
#[derive(Debug)]
pub enum Action {
    Install { remote: String, name: String },
    Set { name: String, settings: Vec<String> },
    Enable { name: String, timeout: i64 },
    Disable { name: String },
    Remove { name: String, force: bool },
}

/// The peer's sentences, which plays compare with. The alternate form leads the error when it fails.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (doing, done, name) = match self {
            Action::Install { name, .. } => ("installing", "Installed", name),
            Action::Set { name, .. } => ("updating", "Updated", name),
            Action::Enable { name, .. } => ("enabling", "Enabled", name),
            Action::Disable { name } => ("disabling", "Disabled", name),
            Action::Remove { name, .. } => ("removing", "Removed", name),
        };
        match (f.alternate(), self) {
            (true, _) => write!(f, "Error {doing} plugin {name}"),
            (false, Action::Set { .. }) => write!(f, "{done} plugin {name} settings"),
            (false, _) => write!(f, "{done} plugin {name}"),
        }
    }
}

/// # Errors
/// The plug-in is to be disabled, but is not there.
pub fn plan(options: &Options, observed: Option<&Plugin>) -> Result<Plan<Installed, Action>, Failure> {
    let name = options.local();
    let before = observed.map(Installed::from);
    let mut actions = Vec::new();
    if options.state == State::Absent {
        if before.is_some() {
            actions.push(Action::Remove { name, force: options.force_remove });
        }
        return Ok(Plan { before, after: None, actions });
    }
    if before.is_none() {
        if options.state == State::Disable {
            return Err(Failure::new("Plugin not found: Plugin does not exist."));
        }
        actions.push(Action::Install { remote: options.remote().to_string(), name: name.clone() });
    }
    let mut after = before.clone().unwrap_or(Installed { enabled: false, settings: BTreeMap::new() });
    let wanted = options.plugin_options.iter().map(|(name, value)| (name.clone(), value.0.clone()));
    after.settings.extend(wanted.clone());
    let sets = before.as_ref().map_or(!options.plugin_options.is_empty(), |before| before.settings != after.settings);
    let enabled_before = before.as_ref().is_some_and(|before| before.enabled);
    after.enabled = match options.state {
        State::Enable => true,
        State::Disable => false,
        State::Present | State::Absent => enabled_before,
    };
    // The engine changes no settings of a plug-in that runs.
    if enabled_before && (sets || !after.enabled) {
        actions.push(Action::Disable { name: name.clone() });
    }
    if sets {
        let settings = wanted.map(|(name, value)| format!("{name}={value}")).collect();
        actions.push(Action::Set { name: name.clone(), settings });
    }
    if after.enabled && (sets || !enabled_before) {
        actions.push(Action::Enable { name, timeout: options.enable_timeout });
    }
    Ok(Plan { before, after: Some(after), actions })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Plugin>| plan(options, observed),
            |_, after| {
                let after = after?;
                let mut plugin = Plugin { enabled: after.enabled, ..Plugin::default() };
                plugin.settings.env = after.settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
                Some(plugin)
            },
        );
    }
}

//! What `host_unit` will do, from the options and what systemd tells.

use std::collections::BTreeMap;
use std::fmt;

use ansible::{Failure, Plan};
use serde::Serialize;

use super::observe::{Activity, Observed};
use super::options::{OnChange, Options, State};

/// A unit in the words of the options.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unit {
    pub content: Option<String>,
    pub drop_ins: BTreeMap<String, String>,
    pub enabled: Option<bool>,
    pub masked: bool,
    pub state: Activity,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    WriteUnit { unit: String, content: String, drop_ins: BTreeMap<String, String> },
    WriteDropIn { unit: String, name: String, content: String },
    RemoveUnit { unit: String },
    RemoveDropIn { unit: String, name: String },
    DaemonReload,
    DaemonReexec,
    Mask(String),
    Unmask(String),
    Enable(String),
    Disable(String),
    Start(String),
    Stop(String),
    Restart(String),
    Reload(String),
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::WriteUnit { unit, .. } => write!(f, "write the unit {unit}"),
            Action::WriteDropIn { unit, name, .. } => write!(f, "write the drop-in {name} of {unit}"),
            Action::RemoveUnit { unit } => write!(f, "remove the unit {unit}"),
            Action::RemoveDropIn { unit, name } => write!(f, "remove the drop-in {name} of {unit}"),
            Action::DaemonReload => f.write_str("have systemd read its units again"),
            Action::DaemonReexec => f.write_str("have systemd run itself anew"),
            Action::Mask(unit) => write!(f, "mask {unit}"),
            Action::Unmask(unit) => write!(f, "unmask {unit}"),
            Action::Enable(unit) => write!(f, "enable {unit}"),
            Action::Disable(unit) => write!(f, "disable {unit}"),
            Action::Start(unit) => write!(f, "start {unit}"),
            Action::Stop(unit) => write!(f, "stop {unit}"),
            Action::Restart(unit) => write!(f, "restart {unit}"),
            Action::Reload(unit) => write!(f, "reload {unit}"),
        }
    }
}

impl Action {
    /// Whether it changes anything that lasts: reading files again does not.
    pub fn is_change(&self) -> bool {
        !matches!(self, Action::DaemonReload | Action::DaemonReexec)
    }
}

/// Plans.
///
/// # Errors
/// There is no such unit, or it can't be what it is to be.
pub fn plan(options: &Options, unit: &str, observed: &Observed) -> Result<Plan<Unit, Action>, Failure> {
    let before = Unit {
        content: observed.content.clone(),
        drop_ins: observed.drop_ins.clone(),
        enabled: observed.enabled_or_not(),
        masked: observed.masked(),
        state: observed.activity(),
    };
    if options.state == Some(State::Absent) {
        return absent(unit, observed, before);
    }
    let known = observed.exists() || options.content.is_some();
    if !known && (options.state.is_some() || options.enabled.is_some()) {
        if options.state == Some(State::Stopped) && options.enabled != Some(true) {
            return Ok(Plan { before: Some(before.clone()), after: Some(before), actions: Vec::new() });
        }
        return Err(Failure::new(format!("Could not find the requested service {unit}: host")));
    }
    let mut after = before.clone();
    let mut actions = files(options, unit, &mut after);
    let written = !actions.is_empty();
    if options.daemon_reexec {
        actions.push(Action::DaemonReexec);
    }
    if written || options.daemon_reload || observed.needs_reload() {
        actions.push(Action::DaemonReload);
    }
    if let Some(masked) = options.masked.filter(|masked| *masked != before.masked) {
        after.masked = masked;
        actions.push(if masked { Action::Mask(unit.to_owned()) } else { Action::Unmask(unit.to_owned()) });
    }
    if let Some(enabled) = options.enabled
        && before.enabled != Some(enabled)
    {
        // A file that is written now may say for the first time how to enable it.
        if enabled && observed.cannot_be_enabled() && options.content.is_none() {
            return Err(Failure::new(format!(
                "{unit} is {} and can't be enabled: it has no section [Install]; other units start it",
                observed.enabled
            )));
        }
        if enabled || !observed.cannot_be_enabled() && observed.exists() {
            after.enabled = Some(enabled);
            actions.push(if enabled { Action::Enable(unit.to_owned()) } else { Action::Disable(unit.to_owned()) });
        }
    }
    let runs = before.state == Activity::Running;
    let change = runs && written;
    let wanted = match (options.state, runs) {
        (Some(State::Stopped), true) => Some(Action::Stop(unit.to_owned())),
        (Some(State::Stopped), false) => None,
        (Some(State::Started | State::Reloaded), false) => Some(Action::Start(unit.to_owned())),
        (Some(State::Restarted), _) => Some(Action::Restart(unit.to_owned())),
        (Some(State::Reloaded), true) => match options.on_change {
            OnChange::Restart if change => Some(Action::Restart(unit.to_owned())),
            _ => Some(Action::Reload(unit.to_owned())),
        },
        (None | Some(State::Started | State::Absent), _) => match options.on_change {
            OnChange::Restart if change => Some(Action::Restart(unit.to_owned())),
            OnChange::Reload if change => Some(Action::Reload(unit.to_owned())),
            _ => None,
        },
    };
    if let Some(action) = wanted {
        after.state = if matches!(action, Action::Stop(_)) { Activity::Stopped } else { Activity::Running };
        actions.push(action);
    }
    Ok(Plan { before: Some(before), after: Some(after), actions })
}

/// What makes the files right.
fn files(options: &Options, unit: &str, after: &mut Unit) -> Vec<Action> {
    let mut actions = Vec::new();
    for (name, content) in &options.drop_ins {
        let unit = unit.to_owned();
        let name = name.trim_end_matches(".conf").to_owned();
        if content.trim().is_empty() {
            if after.drop_ins.remove(&name).is_some() {
                actions.push(Action::RemoveDropIn { unit, name });
            }
        } else if after.drop_ins.get(&name) != Some(content) {
            after.drop_ins.insert(name.clone(), content.clone());
            actions.push(Action::WriteDropIn { unit, name, content: content.clone() });
        }
    }
    if let Some(content) = options.content.as_ref().filter(|content| after.content.as_ref() != Some(content)) {
        after.content = Some(content.clone());
        let (unit, content) = (unit.to_owned(), content.clone());
        actions.insert(0, Action::WriteUnit { unit, content, drop_ins: after.drop_ins.clone() });
    }
    actions
}

fn absent(unit: &str, observed: &Observed, before: Unit) -> Result<Plan<Unit, Action>, Failure> {
    let name = || unit.to_owned();
    let from = observed.property("FragmentPath");
    if observed.content.is_none() && observed.exists() && !from.is_empty() && !from.starts_with("/etc/") {
        return Err(Failure::new(format!(
            "{unit} is from a package ({from}): state=absent removes only units of /etc/systemd/system; say state=stopped \
             and enabled=false, or masked=true"
        )));
    }
    let mut actions = Vec::new();
    if before.state == Activity::Running {
        actions.push(Action::Stop(name()));
    }
    if before.enabled == Some(true) {
        actions.push(Action::Disable(name()));
    }
    if before.masked {
        actions.push(Action::Unmask(name()));
    }
    if before.content.is_some() {
        actions.push(Action::RemoveUnit { unit: name() });
    }
    actions.extend(before.drop_ins.keys().map(|drop_in| Action::RemoveDropIn { unit: name(), name: drop_in.clone() }));
    if before.content.is_some() || !before.drop_ins.is_empty() {
        actions.push(Action::DaemonReload);
    }
    Ok(if actions.is_empty() {
        Plan { before: None, after: None, actions }
    } else {
        Plan { before: Some(before), after: None, actions }
    })
}

#[cfg(test)]
mod tests {
    use super::super::options::full_name;
    use super::*;

    #[test]
    fn cases() {
        let name = |options: &Options| full_name(options.name.as_deref().unwrap_or_default());
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| {
                plan(options, &name(options), &observed.cloned().unwrap_or_default())
            },
            |observed, after| {
                let mut observed = observed.unwrap_or_default();
                let Some(after) = after else { return Some(Observed::default()) };
                let active = if after.state == Activity::Running { "active" } else { "inactive" };
                observed.properties.insert("ActiveState".to_owned(), active.to_owned());
                observed.properties.insert("NeedDaemonReload".to_owned(), "no".to_owned());
                let load = if after.masked { "masked" } else { "loaded" };
                observed.properties.insert("LoadState".to_owned(), load.to_owned());
                observed.enabled = match (after.masked, after.enabled) {
                    (true, _) => "masked".to_owned(),
                    (false, Some(true)) => "enabled".to_owned(),
                    (false, Some(false)) if observed.enabled == "static" => "static".to_owned(),
                    (false, _) => "disabled".to_owned(),
                };
                Some(Observed { content: after.content, drop_ins: after.drop_ins, ..observed })
            },
        );
    }
}

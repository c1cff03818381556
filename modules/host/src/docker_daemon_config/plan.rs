//! What `docker_daemon_config` will do, from the options, the file and the engine.

use std::collections::BTreeMap;
use std::fmt;

use ansible::{Failure, Plan};
use serde_json::{Map, Value};

use super::keys::{self, Needs};
use super::observe::Observed;
use super::options::{Apply, Options};

/// One step.
#[derive(Clone, Debug)]
pub enum Action {
    BackUp { path: String },
    Write { path: String, text: String, keys: Vec<String> },
    Reload { service: String },
    Restart { service: String, keys: Vec<String> },
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::BackUp { path } => write!(f, "back up {path}"),
            Action::Write { path, keys, .. } => write!(f, "write {path} with another {}", keys.join(", ")),
            Action::Reload { service } => write!(f, "have {service} read its configuration again"),
            Action::Restart { service, keys } => write!(f, "restart {service}, which {} needs", keys.join(", ")),
        }
    }
}

/// The plan, and what each changed key needs.
#[derive(Debug)]
pub struct Planned {
    pub plan: Plan<Map<String, Value>, Action>,
    pub keys: BTreeMap<String, Needs>,
    pub applied: Needs,
    pub warnings: Vec<String>,
}

/// Plans.
///
/// # Errors
/// The engine would not start with it, or needs a restart that the user does not want.
pub fn plan(options: &Options, observed: &Observed) -> Result<Planned, Failure> {
    let before = observed.config(&options.path)?;
    let mut after = if options.exclusive { Map::new() } else { before.clone() };
    lay_over(&mut after, &options.config);
    let names: Vec<&String> = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))).collect();
    let changed: Vec<String> = names.into_iter().filter(|key| before.get(*key) != after.get(*key)).cloned().collect();
    for key in &changed {
        if let Some(value) = after.get(key) {
            possible(key, value, observed)?;
        }
    }
    if !changed.is_empty() {
        fits_swarm(&after, observed)?;
    }
    let keys: BTreeMap<String, Needs> =
        changed.iter().map(|key| (key.clone(), keys::needs(key, !after.contains_key(key)))).collect();
    let most = keys.values().copied().max().unwrap_or(Needs::Nothing);
    let restart: Vec<String> =
        keys.iter().filter(|(_, needs)| **needs == Needs::Restart).map(|(key, _)| key.clone()).collect();
    let applied = match options.apply {
        _ if !observed.runs || most == Needs::Nothing => Needs::Nothing,
        Apply::Nothing => Needs::Nothing,
        Apply::Auto => most,
        Apply::Restart => Needs::Restart,
        Apply::Reload if most == Needs::Restart => {
            return Err(Failure::new(format!(
                "apply=reload: the engine takes {} only by a restart; say apply=auto, or apply=nothing and restart it when it suits",
                restart.join(", ")
            )));
        }
        Apply::Reload => Needs::Reload,
    };
    let mut actions = Vec::new();
    if !changed.is_empty() {
        if options.backup && observed.text.is_some() {
            actions.push(Action::BackUp { path: options.path.clone() });
        }
        let text = format!("{:#}\n", Value::Object(after.clone()));
        actions.push(Action::Write { path: options.path.clone(), text, keys: changed.clone() });
    }
    let service = options.service.clone();
    match applied {
        Needs::Nothing => {}
        Needs::Reload => actions.push(Action::Reload { service }),
        Needs::Restart => {
            let keys = if restart.is_empty() { changed } else { restart };
            actions.push(Action::Restart { service, keys });
        }
    }
    let warnings = warnings(&keys, &before, observed);
    let of = |config: Map<String, Value>, there: bool| (there || !config.is_empty()).then_some(config);
    let plan = Plan { before: of(before, observed.text.is_some()), after: of(after, true), actions };
    Ok(Planned { plan, keys, applied, warnings })
}

/// Merges dictionaries; null takes away.
fn lay_over(base: &mut Map<String, Value>, wishes: &Map<String, Value>) {
    for (key, wish) in wishes {
        match (base.get_mut(key), wish) {
            (_, Value::Null) => {
                base.shift_remove(key);
            }
            (Some(Value::Object(inner)), Value::Object(wishes)) => lay_over(inner, wishes),
            _ => {
                let mut wish = wish.clone();
                if let Value::Object(inner) = &mut wish {
                    inner.retain(|_, value| !value.is_null());
                }
                base.insert(key.clone(), wish);
            }
        }
    }
}

/// Refuses what the engine would not start with.
fn possible(key: &str, value: &Value, observed: &Observed) -> Result<(), Failure> {
    let version = observed.version.as_deref().unwrap_or("that will be installed");
    if let Some(why) = keys::removed(key, value, observed.major()) {
        return Err(Failure::new(format!("`config`: {why} (the engine is {version})")));
    }
    if !observed.flags.is_empty() && !keys::is_known(key, &observed.flags) {
        return Err(Failure::new(format!(
            "`config`: the engine {version} knows no `{key}` and would not start with it: see `dockerd --help` for what it knows"
        )));
    }
    // These two are merged by the engine.
    let both = observed.set_by_service.contains(keys::flag(key)) && !matches!(key, "runtimes" | "features");
    if both {
        return Err(Failure::new(format!(
            "`config`: the engine's service sets --{} on its command line, and an engine does not start when `{key}` is in both: \
             take it from the service with a drop-in (ExecStart= empty, then ExecStart=… without it), or leave it out here",
            keys::flag(key)
        )));
    }
    Ok(())
}

/// Refuses what a node of a swarm can't have.
fn fits_swarm(after: &Map<String, Value>, observed: &Observed) -> Result<(), Failure> {
    if !observed.in_swarm {
        return Ok(());
    }
    if after.get("live-restore") == Some(&Value::Bool(true)) {
        return Err(Failure::new(
            "`config`: live-restore does not go with swarm mode, and the engine would not start: this host is a node of a swarm. \
             Leave it out, or leave the swarm first",
        ));
    }
    let nftables = after.get("firewall-backend").is_some_and(|backend| backend == "nftables");
    if nftables && after.get("iptables") != Some(&Value::Bool(false)) {
        return Err(Failure::new(
            "`config`: firewall-backend nftables does not go with swarm mode: this host is a node of a swarm. Use iptables",
        ));
    }
    Ok(())
}

/// What the user should know of changes that lose sight of something.
fn warnings(keys: &BTreeMap<String, Needs>, before: &Map<String, Value>, observed: &Observed) -> Vec<String> {
    let mut all = Vec::new();
    for key in
        ["data-root", "storage-driver"].into_iter().filter(|key| observed.version.is_some() && keys.contains_key(*key))
    {
        let was = before.get(key).map_or_else(|| "the default".to_owned(), ToString::to_string);
        all.push(format!(
            "{key} changes from {was}: images, containers and (with data-root) volumes stay where they were, and the engine does not \
             see them there"
        ));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        ansible::golden::cases(
            &super::super::MODULE,
            env!("CARGO_MANIFEST_DIR"),
            |options: &Options, observed: Option<&Observed>| {
                plan(options, &observed.cloned().unwrap_or_default()).map(|planned| planned.plan)
            },
            |observed, after| {
                let text = after.map(|after| Value::Object(after).to_string());
                Some(Observed { text, ..observed.unwrap_or_default() })
            },
        );
    }
}

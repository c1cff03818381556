//! What goes after a good rollout: versions of secrets and configs that nobody needs any more, and, when asked for, what
//! the files no longer have.

use std::collections::BTreeSet;

use ansible::Plan;
use compose_file::{ObjectSpec, Stack};
use docker::ContentKind;

use super::{Action, Observed, State, is_of};
use crate::docker_stack::options::Options;
use crate::docker_stack::source::VERSION;

/// `before` is what the rollout left.
pub fn clean(options: &Options, stack: &Stack, observed: &Observed, before: &State) -> Plan<State, Action> {
    let mut after = before.clone();
    let mut actions = Vec::new();
    for (kind, wanted, external, there, after) in [
        (ContentKind::Secret, &stack.secrets, &stack.external_secrets, &observed.secrets, &mut after.secrets),
        (ContentKind::Config, &stack.configs, &stack.external_configs, &observed.configs, &mut after.configs),
    ] {
        let unversioned: BTreeSet<&str> = wanted.values().map(|spec: &ObjectSpec| spec.unversioned.as_str()).collect();
        for (name, object) in there {
            if wanted.contains_key(name) || external.contains(name) || !is_of(&object.labels, &options.name) {
                continue;
            }
            let old = options.rotate && unversioned.iter().any(|of| is_version(name, of));
            if old || options.prune && options.prune_objects {
                actions.push(Action::RemoveObject { kind, name: name.clone(), id: object.id.clone() });
                after.remove(name);
            }
        }
    }
    if options.prune && options.prune_objects {
        let goes = |name: &str| !stack.networks.contains_key(name) && !stack.external_networks.contains(name);
        for (name, network) in &observed.networks {
            if network.is_of(&options.name) && goes(name) {
                actions.push(Action::RemoveNetwork { name: name.clone(), id: network.id.clone() });
                after.networks.remove(name);
            }
        }
    }
    Plan { before: Some(before.clone()), after: Some(after), actions }
}

/// Whether `name` is `of` or a version of it.
fn is_version(name: &str, of: &str) -> bool {
    match name.strip_prefix(of) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('_').is_some_and(|version| {
            version.len() == VERSION && version.bytes().all(|letter| letter.is_ascii_hexdigit())
        }),
        None => false,
    }
}

//! Secrets and configs.

use std::collections::BTreeMap;

use ansible::Failure;
use compose_file::ObjectSpec;
use docker::ContentKind;

use super::{Action, Objects};

/// # Errors
/// The content of one that is there is another.
pub fn plan(
    kind: ContentKind,
    wanted: &BTreeMap<String, ObjectSpec>,
    there: &Objects,
    after: &mut BTreeMap<String, BTreeMap<String, String>>,
) -> Result<Vec<Action>, Failure> {
    let mut actions = Vec::new();
    for (name, spec) in wanted {
        match there.get(name) {
            None => actions.push(Action::CreateObject { kind, name: name.clone(), spec: spec.clone() }),
            Some(object) if object.altered => {
                return Err(Failure::new(format!(
                    "failed to update {kind} {name}: only updates to Labels are allowed, and its content is another than \
                     in the swarm: give it another `name` in the file, or let `rotate=true` do so"
                )));
            }
            Some(object) if object.labels != spec.labels => actions.push(Action::LabelObject {
                kind,
                name: name.clone(),
                id: object.id.clone(),
                version: object.version,
                labels: spec.labels.clone(),
            }),
            Some(_) => {}
        }
        after.insert(name.clone(), spec.labels.clone());
    }
    Ok(actions)
}

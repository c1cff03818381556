//! What a change looks like to people: text as text, attributes as fields.

use ansible::Plan;
use serde_json::{Value, json};

use super::plan::{Action, State};

/// Ansible's own limit for texts in a diff, in bytes.
const LARGEST: usize = 104_448;

/// The diff, in the form that Ansible's modules for files give it: one of the text, one of the rest.
pub fn of(plan: &Plan<State, Action>) -> Value {
    let mut parts = Vec::new();
    let path = [&plan.after, &plan.before].into_iter().flatten().next().map(|state| state.path.clone());
    let path = path.unwrap_or_default();
    let content = |state: &Option<State>| state.as_ref().and_then(|state| state.content.clone());
    let (before, after) = (content(&plan.before), content(&plan.after));
    if after.is_some() && before != after {
        let mut part = json!({
            "before_header": format!("{path} (content)"),
            "after_header": format!("{path} (content)"),
        });
        show(&mut part, "before", "dst", before.unwrap_or_default());
        show(&mut part, "after", "src", after.unwrap_or_default());
        parts.push(part);
    }
    let mut attributes = plan.diff();
    for side in ["before", "after"] {
        if let Value::Object(fields) = &mut attributes[side] {
            fields.shift_remove("content");
        }
    }
    if attributes["before"] != attributes["after"] {
        for side in ["before", "after"] {
            attributes[format!("{side}_header")] = format!("{path} (file attributes)").into();
        }
        parts.push(attributes);
    }
    parts.into()
}

/// A text, or why it is not shown.
fn show(part: &mut Value, side: &str, name: &str, content: Vec<u8>) {
    if content.len() > LARGEST {
        part[format!("{name}_larger")] = LARGEST.into();
    } else if content.contains(&0) {
        part[format!("{name}_binary")] = 1.into();
    } else {
        part[side] = String::from_utf8_lossy(&content).into();
    }
}

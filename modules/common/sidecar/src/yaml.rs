//! Writes YAML that Ansible's reader (YAML 1.1) and ours (YAML 1.2) understand alike.
//!
//! No library's writer fits: they leave `no`, `on` or `22:22` bare, which YAML 1.1 takes for a boolean or a number.

use serde_json::Value;

/// `value` as a block of YAML, each line indented by `indent` spaces.
pub fn block(value: &Value, indent: usize, out: &mut String) {
    let margin = " ".repeat(indent);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                out.push_str(&format!("{margin}{}:", scalar(key)));
                after(value, indent, out);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            for value in list {
                let mut item = String::new();
                block(value, indent + 2, &mut item);
                out.push_str(&format!("{margin}- {}", item.trim_start_matches(' ')));
            }
        }
        flat => out.push_str(&format!("{margin}{}\n", inline(flat))),
    }
}

/// A mapping's value, behind its `key:`.
fn after(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            block(value, indent + 2, out);
        }
        Value::Array(list) if !list.is_empty() => {
            out.push('\n');
            block(value, indent + 2, out);
        }
        flat => out.push_str(&format!(" {}\n", inline(flat))),
    }
}

/// A value that fits on a line.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        // JSON is YAML.
        other => other.to_string(),
    }
}

/// A string, bare when nobody could take it for anything else, else quoted as JSON does.
fn scalar(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || "_-./() ,".contains(c);
    let bare = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(word)
        && !text.ends_with(' ')
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null" | "nan" | "inf"
        );
    if bare { text.to_owned() } else { Value::from(text).to_string() }
}

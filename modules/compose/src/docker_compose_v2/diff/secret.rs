//! What is secret in a service: variables whose names say so, and passwords in addresses.

use serde_json::{Value, json};

use super::Service;

const HIDDEN: &str = "********";
/// A secret that is another one than before.
const ANOTHER: &str = "******** (another)";

/// Words in the names of variables and labels that hold secrets.
const WORDS: [&str; 9] = ["pass", "pwd", "secret", "token", "key", "credential", "auth", "private", "salt"];

/// Hides the secrets of both sides, and shows whether they differ.
pub fn hide(before: &mut Service, after: &mut Service) {
    for field in ["environment", "labels"] {
        let was = before.get(field).cloned().unwrap_or_default();
        let is = after.get(field).cloned().unwrap_or_default();
        for (name, value) in is.as_object().into_iter().flatten() {
            if is_secret(name) {
                let shown = if was.get(name).is_none_or(|was| was == value) { HIDDEN } else { ANOTHER };
                after.entry(field).and_modify(|all| all[name] = json!(shown));
            }
        }
        for (name, _) in was.as_object().into_iter().flatten().filter(|(name, _)| is_secret(name)) {
            before.entry(field).and_modify(|all| all[name] = json!(HIDDEN));
        }
    }
    before.values_mut().chain(after.values_mut()).for_each(hide_in_text);
}

/// Hides the secrets of what is new.
pub fn hide_all(service: &mut Service) {
    hide(&mut Service::new(), service);
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

/// `scheme://user:password@host`, wherever it stands, and `--password=…`.
fn hide_in_text(value: &mut Value) {
    match value {
        Value::String(text)
            if text.split_once('=').is_some_and(|(name, _)| name.starts_with('-') && is_secret(name)) =>
        {
            let name = text.split_once('=').map_or("", |(name, _)| name);
            *text = format!("{name}={HIDDEN}");
        }
        Value::String(text) => {
            let mut shown = String::new();
            let mut rest = text.as_str();
            while let Some((scheme, after)) = rest.split_once("://") {
                let end = after.find(['/', ' ', '\'', '"', ',', '?']).unwrap_or(after.len());
                let (place, tail) = after.split_at(end);
                shown += scheme;
                shown += "://";
                shown += &match place.rsplit_once('@').and_then(|(user, host)| Some((user.split_once(':')?.0, host))) {
                    Some((user, host)) => format!("{user}:{HIDDEN}@{host}"),
                    None => place.to_owned(),
                };
                rest = tail;
            }
            *text = shown + rest;
        }
        Value::Array(items) => items.iter_mut().for_each(hide_in_text),
        Value::Object(map) => map.values_mut().for_each(hide_in_text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_differ_all_the_same() {
        let service = |password: &str, url: &str| -> Service {
            let environment = json!({"DB_PASSWORD": password, "DB_URL": url, "MODE": "x"});
            Service::from([("environment", environment), ("command", json!(["curl", "-u", url]))])
        };
        let (mut before, mut after) = (service("one", "pg://me:one@db/x?y"), service("two", "pg://db me:two@x"));
        hide(&mut before, &mut after);
        assert_eq!(before["environment"]["DB_PASSWORD"], json!("********"));
        assert_eq!(after["environment"]["DB_PASSWORD"], json!("******** (another)"));
        assert_eq!(before["environment"]["DB_URL"], json!("pg://me:********@db/x?y"));
        assert_eq!(before["command"][2], json!("pg://me:********@db/x?y"));
        assert_eq!(after["command"][2], json!("pg://db me:two@x"));
        assert_eq!(after["environment"]["MODE"], json!("x"));
        let (mut before, mut after) = (service("one", ""), service("one", ""));
        hide(&mut before, &mut after);
        assert_eq!(before, after);
    }
}

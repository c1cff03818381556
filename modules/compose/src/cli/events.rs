//! What Compose reports while it works: lines of JSON since 2.29, of text before.
//!
//! Source: docker/compose, `pkg/progress`. The words moved between `text` and `status` from version to version.

use serde::Serialize;
use serde_json::Value;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// `container`, `image`, `network`, `service`, `volume` or `unknown`.
    pub what: &'static str,
    pub id: String,
    /// `Creating`, `Pulling`, …
    pub status: String,
}

/// All that a command reported.
#[derive(Debug, Default)]
pub struct Told {
    pub actions: Vec<Event>,
    pub warnings: Vec<String>,
    errors: Vec<String>,
    /// The error of the whole command.
    general: Option<String>,
    /// The last line that was no event.
    last: Option<String>,
}

const WORK: [&str; 10] = [
    "Starting",
    "Exiting",
    "Restarting",
    "Creating",
    "Stopping",
    "Killing",
    "Removing",
    "Recreating",
    "Pulling",
    "Building",
];
const KINDS: [(&str, &str); 5] = [
    ("Container ", "container"),
    ("Image ", "image"),
    ("Network ", "network"),
    ("Service ", "service"),
    ("Volume ", "volume"),
];

impl Told {
    /// Reads standard error.
    pub fn read(text: &str) -> Told {
        let mut told = Told::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            match serde_json::from_str::<Value>(line) {
                Ok(Value::Object(event)) => told.json(&Value::Object(event)),
                _ => told.plain(line),
            }
        }
        told
    }

    fn json(&mut self, event: &Value) {
        let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
        if event.get("error").and_then(Value::as_bool) == Some(true) {
            self.general = Some(text("message").to_owned());
        } else if event.get("level").is_some() {
            self.log(text("level"), text("msg"));
        } else if !text("id").is_empty() {
            let words = ["text", "status", "details"].map(text);
            if let Some(place) = words.iter().position(|word| *word == "Error") {
                let detail = words.iter().enumerate().find(|(other, word)| *other != place && !word.is_empty());
                self.error_of(text("id"), detail.map_or("", |(_, word)| word));
            } else if let Some(word) = words.iter().find(|word| WORK.contains(word)) {
                self.action(text("id"), word);
            }
        }
    }

    fn plain(&mut self, line: &str) {
        let line = line.strip_prefix("DRY-RUN MODE -").unwrap_or(line).trim();
        if let Some(rest) = line.strip_prefix("time=") {
            let field = |name: &str| rest.split_once(name).map(|(_, value)| value);
            let level = field(" level=").and_then(|value| value.split(' ').next()).unwrap_or_default();
            let message = field(" msg=").unwrap_or_default();
            let message = serde_json::from_str::<String>(message).unwrap_or_else(|_| message.to_owned());
            self.log(level, &message);
            return;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [id @ .., status] if WORK.contains(status) && (1..=2).contains(&id.len()) => {
                self.action(&id.join(" "), status)
            }
            // ` web Error manifest unknown`, ` Container x  Error`
            [kind, id, "Error", detail @ ..] => self.error_of(&format!("{kind} {id}"), &detail.join(" ")),
            [id, "Error", detail @ ..] => self.error_of(id, &detail.join(" ")),
            _ => self.last = Some(line.to_owned()),
        }
    }

    fn log(&mut self, level: &str, message: &str) {
        match level {
            "warning" | "warn" => self.warnings.push(format!("Docker compose: {message}")),
            "error" | "fatal" => self.general = Some(message.to_owned()),
            _ => {}
        }
    }

    fn action(&mut self, id: &str, status: &str) {
        let (what, id) = known(id, if ["Pulling", "Building"].contains(&status) { "image" } else { "unknown" });
        let event = Event { what, id: id.to_owned(), status: status.to_owned() };
        if !self.actions.contains(&event) {
            self.actions.push(event);
        }
    }

    fn error_of(&mut self, id: &str, detail: &str) {
        // Compose names a service without saying that it is one.
        let (what, id) = known(id, "");
        let named = format!("{what} {id}");
        self.errors.push(format!("Error when processing {}: {detail}", named.trim_start()));
    }

    /// Why the command failed, if it did.
    pub fn error(&self, success: bool) -> Option<String> {
        if success {
            return None;
        }
        let general = self.general.as_ref().map(|text| format!("General error: {text}"));
        match (self.errors.as_slice(), general) {
            ([], Some(general)) => Some(general),
            ([], None) => {
                let last = self.last.as_deref().unwrap_or("docker compose fails without a word");
                Some(format!("General error: {last}"))
            }
            // The event of a container says no more than that there was one.
            (errors, general) => {
                Some(errors.iter().cloned().chain(general).collect::<Vec<_>>().join("\n").replace(": \n", "\n"))
            }
        }
    }
}

fn known<'i>(id: &'i str, otherwise: &'static str) -> (&'static str, &'i str) {
    let named = KINDS.iter().find_map(|(prefix, what)| Some((*what, id.strip_prefix(prefix)?)));
    let (what, id) = named.unwrap_or((otherwise, id));
    (what, id.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(text: &str) -> Vec<(&'static str, String, String)> {
        Told::read(text).actions.into_iter().map(|event| (event.what, event.id, event.status)).collect()
    }

    #[test]
    fn every_versions_events_say_the_same() {
        let wanted = |what, id: &str, status: &str| vec![(what, id.to_owned(), status.to_owned())];
        for text in [
            r#"{"dry-run":true,"id":"Container p-web-1","status":"Creating"}"#,
            r#"{"id":"Container p-web-1","status":"Working","text":"Creating"}"#,
            " Container p-web-1  Creating",
            " DRY-RUN MODE -   Container p-web-1  Creating ",
        ] {
            assert_eq!(actions(text), wanted("container", "p-web-1", "Creating"), "{text}");
        }
        for text in [r#"{"id":"web","text":"Pulling"}"#, " web Pulling ", r#"{"id":"Image web","text":"Pulling"}"#] {
            assert_eq!(actions(text), wanted("image", "web", "Pulling"), "{text}");
        }
        for text in
            [r#"{"id":"a1b2","text":"Pulling fs layer"}"#, r#"{"id":"web","text":"Pulled"}"#, " Container x  Created"]
        {
            assert_eq!(actions(text), vec![], "{text}");
        }
    }

    #[test]
    fn errors_and_warnings_are_told() {
        let told = Told::read("{\"id\":\"web\",\"text\":\"Error\",\"status\":\"manifest unknown\"}");
        assert_eq!(told.error(false).as_deref(), Some("Error when processing web: manifest unknown"));
        assert_eq!(told.error(true), None);
        let told = Told::read("{\"error\":true,\"message\":\"container x exited (0)\"}");
        assert_eq!(told.error(false).as_deref(), Some("General error: container x exited (0)"));
        assert_eq!(Told::read("no such file\n").error(false).as_deref(), Some("General error: no such file"));
        let told = Told::read("time=\"2026-11-23T13:00:00Z\" level=warning msg=\"the \\\"A\\\" variable is not set\"");
        assert_eq!(told.warnings, ["Docker compose: the \"A\" variable is not set"]);
    }
}

//! Names of services, protocols, users and groups, as the host knows them.

use std::collections::HashMap;
use std::fs;

/// What names stand for. The default knows none; [`Names::of_host`] reads those of this host.
#[derive(Clone, Debug, Default)]
pub struct Names {
    services: HashMap<String, u16>,
    protocols: HashMap<String, u8>,
    users: HashMap<String, u32>,
    groups: HashMap<String, u32>,
}

impl Names {
    /// Those of `/etc/services`, `/etc/protocols`, `/etc/passwd` and `/etc/group`. A file that is not there brings none.
    pub fn of_host() -> Names {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        Names {
            services: listed(&read("/etc/services"), |number| number.split('/').next()?.parse().ok()),
            protocols: listed(&read("/etc/protocols"), |number| number.parse().ok()),
            users: accounts(&read("/etc/passwd")),
            groups: accounts(&read("/etc/group")),
        }
    }

    /// The port of a service.
    pub fn service(&self, name: &str) -> Option<u16> {
        self.services.get(name).copied()
    }

    /// The number of a protocol, by its name in lower case.
    pub fn protocol(&self, name: &str) -> Option<u8> {
        self.protocols.get(name).copied()
    }

    /// A user's id.
    pub fn user(&self, name: &str) -> Option<u32> {
        self.users.get(name).copied()
    }

    /// A group's id.
    pub fn group(&self, name: &str) -> Option<u32> {
        self.groups.get(name).copied()
    }
}

/// `name number aliases… # comment`. Of two with one name the first counts.
fn listed<T: Copy>(text: &str, value: impl Fn(&str) -> Option<T>) -> HashMap<String, T> {
    let mut found = HashMap::new();
    for line in text.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let (Some(name), Some(number)) = (words.next(), words.next().and_then(&value)) else { continue };
        for name in std::iter::once(name).chain(words) {
            found.entry(name.to_owned()).or_insert(number);
        }
    }
    found
}

/// `name:password:id:…`
fn accounts(text: &str) -> HashMap<String, u32> {
    let mut found = HashMap::new();
    for line in text.lines() {
        let mut fields = line.split(':');
        if let (Some(name), Some(id)) = (fields.next(), fields.nth(1).and_then(|id| id.parse().ok())) {
            found.insert(name.to_owned(), id);
        }
    }
    found
}

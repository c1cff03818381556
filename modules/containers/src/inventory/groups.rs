//! The inventory as it grows: hosts, their variables, their groups.
//!
//! Source: Ansible's developer guide, "Developing dynamic inventory", the form of an inventory script's answer; and the
//! documentation of `ansible.builtin.constructed`.

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value, json};

use super::config::{Config, KeyedGroup};
use super::expression::text;
use super::facts::Host;

#[derive(Debug, Default)]
pub struct Inventory {
    hosts: IndexMap<String, Map<String, Value>>,
    groups: IndexMap<String, Group>,
}

#[derive(Debug, Default)]
struct Group {
    hosts: IndexSet<String>,
    children: IndexSet<String>,
}

impl Inventory {
    pub fn new(config: &Config) -> Inventory {
        let mut inventory = Inventory::default();
        if config.add_legacy_groups.0 {
            inventory.group("running");
            inventory.group("stopped");
        }
        inventory
    }

    /// Adds a container, unless a filter keeps it out. `address` is the engine's, as the user wrote it.
    ///
    /// # Errors
    /// A condition of a filter can't be told, or, with `strict`, any other expression.
    pub fn add(
        &mut self,
        config: &Config,
        filters: &[super::config::Filter],
        address: &str,
        host: Host,
    ) -> Result<(), String> {
        let mut variables = host.full.clone();
        variables.entry("inventory_hostname").or_insert_with(|| json!(host.name));
        for filter in filters {
            if filter.condition.holds(&variables).map_err(|reason| format!("`filters` for {}: {reason}", host.name))? {
                if filter.includes {
                    break;
                }
                return Ok(());
            }
        }
        self.hosts.entry(host.name.clone()).or_default().extend(host.facts.clone());
        if config.add_legacy_groups.0 {
            host.legacy_groups.iter().for_each(|group| self.put(&host.name, group));
        }
        self.compose(config, &host)?;
        self.constructed(config, &host)?;
        if config.add_legacy_groups.0 {
            for group in [&host.id, &host.name, &host.short_id(), address] {
                self.put(&host.name, group);
            }
            self.put(&host.name, if host.running { "running" } else { "stopped" });
        }
        Ok(())
    }

    /// `compose`: each formula sees what the engine told, and none sees another's value.
    fn compose(&mut self, config: &Config, host: &Host) -> Result<(), String> {
        for (name, formula) in &config.compose {
            match formula.value(&host.full) {
                Ok(value) => {
                    self.hosts.entry(host.name.clone()).or_default().insert(name.clone(), value);
                }
                Err(reason) if config.strict.0 => {
                    return Err(format!("`compose.{name}` for {}: {reason}", host.name));
                }
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// `groups` and `keyed_groups`, which see the composed variables too.
    fn constructed(&mut self, config: &Config, host: &Host) -> Result<(), String> {
        let mut variables = host.full.clone();
        variables.extend(self.hosts.get(&host.name).cloned().unwrap_or_default());
        variables.insert("inventory_hostname".to_owned(), json!(host.name));
        for (name, formula) in &config.groups {
            match formula.holds(&variables) {
                Ok(true) => self.put(&host.name, &safe(name)),
                Ok(false) => {}
                Err(reason) if config.strict.0 => return Err(format!("`groups.{name}` for {}: {reason}", host.name)),
                Err(_) => {}
            }
        }
        for keyed in &config.keyed_groups {
            let failed = |reason: String| format!("`keyed_groups` for {}: {reason}", host.name);
            match keyed.key.value(&variables) {
                Ok(key) => self.keyed(config, keyed, &host.name, &key).map_err(failed)?,
                Err(reason) if config.strict.0 => return Err(failed(reason)),
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn keyed(&mut self, config: &Config, keyed: &KeyedGroup, host: &str, key: &Value) -> Result<(), String> {
        if keyed.trailing_separator.is_some() && keyed.default_value.is_some() {
            return Err("default_value and trailing_separator exclude each other".to_owned());
        }
        let default = keyed.default_value.as_deref();
        let is_nothing = |value: &Value| value.is_null() || *value == json!("");
        let separator = keyed.separator.as_str();
        let names: Vec<String> = match key {
            key if is_nothing(key) => match default {
                Some(default) => vec![default.to_owned()],
                None if config.strict.0 => return Err("the key is empty".to_owned()),
                None => return Ok(()),
            },
            Value::String(name) => vec![name.clone()],
            Value::Array(items) => {
                let name =
                    |item: &Value| default.filter(|_| is_nothing(item)).map_or_else(|| text(item), str::to_owned);
                items.iter().map(name).collect()
            }
            Value::Object(map) => {
                let name = |(name, value): (&String, &Value)| match (is_nothing(value), default) {
                    (true, Some(default)) => format!("{name}{separator}{default}"),
                    (true, None) if keyed.trailing_separator.is_some_and(|switch| !switch.0) => name.clone(),
                    _ => format!("{name}{separator}{}", text(value)),
                };
                map.iter().map(name).collect()
            }
            Value::Bool(false) => return Ok(()),
            Value::Number(number) if number.as_f64() == Some(0.0) => return Ok(()),
            other => return Err(format!("a group's name must be text, a list or a dictionary, and this is {other}")),
        };
        let separator = if keyed.prefix.is_empty() && !config.leading_separator() { "" } else { separator };
        for name in names {
            let group = safe(&format!("{}{separator}{name}", keyed.prefix));
            self.put(host, &group);
            if let Some(parent) = keyed.parent_group.as_deref().filter(|parent| !parent.is_empty()) {
                self.group(&safe(parent)).children.insert(group);
            }
        }
        Ok(())
    }

    fn group(&mut self, name: &str) -> &mut Group {
        self.groups.entry(name.to_owned()).or_default()
    }

    fn put(&mut self, host: &str, group: &str) {
        self.group(group).hosts.insert(host.to_owned());
    }

    /// The answer to `--list`.
    pub fn list(&self) -> Value {
        let mut all = Map::new();
        for (name, group) in &self.groups {
            let mut told = json!({ "hosts": group.hosts });
            if !group.children.is_empty() {
                told["children"] = json!(group.children);
            }
            all.insert(name.clone(), told);
        }
        // Ansible itself finds those that are in no other group.
        all.insert("all".to_owned(), json!({ "hosts": self.hosts.keys().collect::<Vec<_>>() }));
        let variables: Map<String, Value> =
            self.hosts.iter().map(|(name, facts)| (name.clone(), unsafe_texts(&json!(facts)))).collect();
        all.insert("_meta".to_owned(), json!({ "hostvars": variables }));
        Value::Object(all)
    }

    /// The answer to `--host`.
    pub fn host(&self, name: &str) -> Value {
        self.hosts.get(name).map_or_else(|| json!({}), |facts| unsafe_texts(&json!(facts)))
    }
}

/// A group's name with `_` for what a variable's name can't have, as Ansible makes it.
fn safe(name: &str) -> String {
    let letter = |(place, letter): (usize, char)| {
        let fits = letter == '_' || letter.is_alphanumeric() && !(place == 0 && letter.is_numeric());
        if fits { letter } else { '_' }
    };
    name.chars().enumerate().map(letter).collect()
}

/// Marks texts that Ansible would take for templates: a container's labels are for reading, not for running.
fn unsafe_texts(value: &Value) -> Value {
    match value {
        Value::String(text) if ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) => {
            json!({ "__ansible_unsafe": text })
        }
        Value::Array(items) => items.iter().map(unsafe_texts).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), unsafe_texts(value))).collect(),
        other => other.clone(),
    }
}

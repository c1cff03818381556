//! The options of `docker_plugin`.

use std::collections::BTreeMap;

use docker::ImageName;
use docker_module::Text;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    plugin_name: String,
    alias: Option<String>,
    pub state: State,
    pub plugin_options: BTreeMap<String, Text>,
    pub force_remove: bool,
    pub enable_timeout: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Absent,
    Present,
    Enable,
    Disable,
}

impl Options {
    /// The name at the registry.
    pub fn remote(&self) -> ImageName {
        ImageName::parse(&self.plugin_name).or_tag("latest")
    }

    /// The name on the engine.
    pub fn local(&self) -> String {
        let name = self.alias.as_ref().filter(|alias| !alias.is_empty()).unwrap_or(&self.plugin_name);
        ImageName::parse(name).or_tag("latest").to_string()
    }
}

//! The options of `docker_context_info`.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub only_current: bool,
    pub name: Option<String>,
    pub cli_context: Option<String>,
}

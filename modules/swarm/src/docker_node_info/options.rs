//! The options of `docker_node_info`.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub name: Option<Vec<String>>,
    #[serde(rename = "self")]
    pub this: bool,
}

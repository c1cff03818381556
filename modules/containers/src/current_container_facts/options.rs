//! The options of `current_container_facts`: there are none.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {}

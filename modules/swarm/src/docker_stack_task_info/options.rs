//! The options of `docker_stack_task_info`.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub name: String,
}

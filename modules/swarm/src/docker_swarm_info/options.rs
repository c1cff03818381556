//! The options of `docker_swarm_info`.

use docker_module::Filters;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub nodes: bool,
    pub nodes_filters: Option<Filters>,
    pub services: bool,
    pub services_filters: Option<Filters>,
    pub tasks: bool,
    pub tasks_filters: Option<Filters>,
    pub unlock_key: bool,
    pub verbose_output: bool,
}

//! The options of `docker_host_info`.

use docker_module::Filters;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub containers: bool,
    pub containers_all: bool,
    pub containers_filters: Option<Filters>,
    pub disk_usage: bool,
    pub images: bool,
    pub images_filters: Option<Filters>,
    pub networks: bool,
    pub networks_filters: Option<Filters>,
    pub verbose_output: bool,
    pub volumes: bool,
    pub volumes_filters: Option<Filters>,
}

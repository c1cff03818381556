//! The options of `docker_prune`.

use docker_module::{Filters, Size};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub containers: bool,
    pub containers_filters: Option<Filters>,
    pub images: bool,
    pub images_filters: Option<Filters>,
    pub networks: bool,
    pub networks_filters: Option<Filters>,
    pub volumes: bool,
    pub volumes_filters: Option<Filters>,
    pub builder_cache: bool,
    pub builder_cache_all: bool,
    pub builder_cache_filters: Option<Filters>,
    pub builder_cache_keep_storage: Option<Size>,
}

impl Options {
    /// Whether a filter asks what time it is.
    pub fn asks_for_the_time(&self) -> bool {
        let filters =
            [&self.containers_filters, &self.images_filters, &self.networks_filters, &self.builder_cache_filters];
        filters
            .into_iter()
            .flatten()
            .any(|filters| filters.0.contains_key("until") || filters.0.contains_key("unused-for"))
    }
}

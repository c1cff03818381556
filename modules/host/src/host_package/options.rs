//! The options of `host_package`.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub name: Option<Vec<String>>,
    pub state: State,
    pub update_cache: bool,
    pub cache_valid_time: u64,
    pub install_recommends: Option<bool>,
    pub purge: bool,
    pub lock_timeout: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Absent,
    Latest,
    Present,
}

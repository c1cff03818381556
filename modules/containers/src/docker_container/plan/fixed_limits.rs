//! Limits that are set when the container is made; to change one is to make a new container.

use std::collections::BTreeSet;

use docker::container::{Container as Inspect, Ulimit};
use serde::Serialize;

use super::super::options::Options;
use super::body::{Body, put};
use super::compare::Compare;

/// Sizes in bytes, `cpus` in billionths of a CPU.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FixedLimits {
    cpus: Option<i64>,
    memory_swappiness: Option<i64>,
    oom_killer: Option<bool>,
    oom_score_adj: Option<i64>,
    pids_limit: Option<i64>,
    shm_size: Option<i64>,
    ulimits: Option<BTreeSet<Ulimit>>,
}

impl From<&Inspect> for FixedLimits {
    fn from(inspect: &Inspect) -> Self {
        let host = &inspect.host_config;
        FixedLimits {
            cpus: Some(host.nano_cpus),
            memory_swappiness: host.memory_swappiness,
            oom_killer: host.oom_kill_disable,
            oom_score_adj: Some(host.oom_score_adj),
            // The engine tells no limit as none, zero or less.
            pids_limit: Some(host.pids_limit.unwrap_or(0).max(0)),
            shm_size: Some(host.shm_size),
            ulimits: Some(host.ulimits.clone()),
        }
    }
}

impl FixedLimits {
    pub fn overlay(&mut self, wish: &Options, compare: &Compare) {
        compare.value("cpus", &mut self.cpus, wish.cpus.map(|cpus| (cpus * 1e9).round() as i64));
        compare.value("memory_swappiness", &mut self.memory_swappiness, wish.memory_swappiness);
        compare.value("oom_killer", &mut self.oom_killer, wish.oom_killer);
        compare.value("oom_score_adj", &mut self.oom_score_adj, wish.oom_score_adj);
        compare.value("pids_limit", &mut self.pids_limit, wish.pids_limit.map(|limit| limit.max(0)));
        // Zero leaves it to the engine, as if it were not said.
        let shm_size = wish.shm_size.map(|size| size.0).filter(|size| *size != 0);
        compare.value("shm_size", &mut self.shm_size, shm_size);
        compare.set("ulimits", &mut self.ulimits, wish.ulimits.clone().map(|ulimits| ulimits.0), []);
    }

    pub fn write(&self, body: &mut Body) {
        let host = &mut body.host_config;
        put(host, "NanoCpus", &self.cpus);
        put(host, "MemorySwappiness", &self.memory_swappiness);
        put(host, "OomKillDisable", &self.oom_killer);
        put(host, "OomScoreAdj", &self.oom_score_adj);
        put(host, "PidsLimit", &self.pids_limit);
        put(host, "ShmSize", &self.shm_size);
        put(host, "Ulimits", &self.ulimits);
    }
}

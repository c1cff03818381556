//! Limits that are changed while the container runs (`POST /containers/{id}/update`).

use docker::container::Container as Inspect;
use serde::Serialize;

use super::super::options::Options;
use super::body::{Body, put};
use super::compare::Compare;

/// Sizes in bytes, quotas and periods in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Limits {
    blkio_weight: Option<i64>,
    cpu_period: Option<i64>,
    cpu_quota: Option<i64>,
    cpu_shares: Option<i64>,
    cpuset_cpus: Option<String>,
    cpuset_mems: Option<String>,
    kernel_memory: Option<i64>,
    memory: Option<i64>,
    memory_reservation: Option<i64>,
    memory_swap: Option<i64>,
}

impl From<&Inspect> for Limits {
    fn from(inspect: &Inspect) -> Self {
        let host = &inspect.host_config;
        Limits {
            blkio_weight: Some(host.blkio_weight),
            cpu_period: Some(host.cpu_period),
            cpu_quota: Some(host.cpu_quota),
            cpu_shares: Some(host.cpu_shares),
            cpuset_cpus: Some(host.cpuset_cpus.clone()),
            cpuset_mems: Some(host.cpuset_mems.clone()),
            kernel_memory: Some(host.kernel_memory),
            memory: Some(host.memory),
            memory_reservation: Some(host.memory_reservation),
            memory_swap: Some(host.memory_swap),
        }
    }
}

impl Limits {
    pub fn overlay(&mut self, wish: &Options, compare: &Compare) {
        compare.value("blkio_weight", &mut self.blkio_weight, wish.blkio_weight);
        compare.value("cpu_period", &mut self.cpu_period, wish.cpu_period);
        compare.value("cpu_quota", &mut self.cpu_quota, wish.cpu_quota);
        compare.value("cpu_shares", &mut self.cpu_shares, wish.cpu_shares);
        compare.value("cpuset_cpus", &mut self.cpuset_cpus, wish.cpuset_cpus.clone());
        compare.value("cpuset_mems", &mut self.cpuset_mems, wish.cpuset_mems.clone());
        compare.value("kernel_memory", &mut self.kernel_memory, wish.kernel_memory.map(|size| size.0));
        compare.value("memory", &mut self.memory, wish.memory.map(|size| size.0));
        compare.value("memory_reservation", &mut self.memory_reservation, wish.memory_reservation.map(|size| size.0));
        compare.value("memory_swap", &mut self.memory_swap, wish.memory_swap.map(|size| size.0));
    }

    pub fn write(&self, body: &mut Body) {
        let host = &mut body.host_config;
        put(host, "BlkioWeight", &self.blkio_weight);
        put(host, "CpuPeriod", &self.cpu_period);
        put(host, "CpuQuota", &self.cpu_quota);
        put(host, "CpuShares", &self.cpu_shares);
        put(host, "CpusetCpus", &self.cpuset_cpus);
        put(host, "CpusetMems", &self.cpuset_mems);
        put(host, "KernelMemory", &self.kernel_memory);
        put(host, "Memory", &self.memory);
        put(host, "MemoryReservation", &self.memory_reservation);
        put(host, "MemorySwap", &self.memory_swap);
    }
}

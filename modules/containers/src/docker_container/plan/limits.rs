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
        let (memory, swap) = (self.memory, self.memory_swap);
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
        if self.memory != memory && self.memory_swap == swap {
            self.memory_swap = self.swap_that_fits(swap);
        }
    }

    /// Memory and swap together can't be less than the memory alone. Where they would be, the engine chooses twice the
    /// memory when it makes a container, but refuses to change one.
    fn swap_that_fits(&self, swap: Option<i64>) -> Option<i64> {
        match (self.memory, swap) {
            (Some(memory), Some(swap)) if swap != -1 && memory > swap => Some(memory.saturating_mul(2)),
            (_, swap) => swap,
        }
    }

    /// Whether the engine can bring a container from these limits to `after`. In an update zero and empty mean "as it is".
    pub fn can_become(&self, after: &Limits) -> bool {
        let numbers = |limits: &Limits| {
            [
                limits.blkio_weight,
                limits.cpu_period,
                limits.cpu_quota,
                limits.cpu_shares,
                limits.kernel_memory,
                limits.memory,
                limits.memory_reservation,
                limits.memory_swap,
            ]
        };
        let texts = |limits: &Limits| [limits.cpuset_cpus.clone(), limits.cpuset_mems.clone()];
        numbers(self).iter().zip(numbers(after)).all(|(there, wanted)| *there == wanted || wanted != Some(0))
            && texts(self)
                .iter()
                .zip(texts(after))
                .all(|(there, wanted)| *there == wanted || wanted != Some(String::new()))
    }

    /// Of these limits, those that the engine took and forgot: on this kernel, or in this version, there are none such.
    pub fn dropped(&self, there: &Limits) -> Vec<String> {
        let limits = [
            ("blkio_weight", self.blkio_weight, there.blkio_weight),
            ("kernel_memory", self.kernel_memory, there.kernel_memory),
        ];
        let dropped = limits.into_iter().filter(|(_, wanted, there)| wanted.unwrap_or(0) != 0 && wanted != there);
        let sentence = |(option, ..): (&str, _, _)| {
            format!(
                "`{option}`: the engine did not keep it, its version or kernel has no such limit; each run tries again"
            )
        };
        dropped.map(sentence).collect()
    }

    /// What an update from `there` to these limits has to say, given what the user `wished`: the swap too, where the engine
    /// would refuse the memory without it.
    pub fn update(&self, there: &Limits, wished: Limits) -> Limits {
        let too_small = wished.memory > there.memory_swap;
        let memory_swap = wished.memory_swap.or(self.memory_swap.filter(|_| wished.memory.is_some() && too_small));
        Limits { memory_swap, ..wished }
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

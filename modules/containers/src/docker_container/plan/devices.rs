//! Devices: those of the host, their limits, and requests for those that a driver chooses.

use std::collections::BTreeSet;

use docker::container::{Container as Inspect, Device, DeviceRate, DeviceRequest};
use serde::Serialize;

use super::super::options::devices::rates;
use super::super::options::{Comparison, Options};
use super::body::{Body, put};
use super::compare::{Compare, Kind};

/// Rates in bytes or operations a second.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Devices {
    devices: Option<BTreeSet<Device>>,
    device_cgroup_rules: Option<Vec<String>>,
    device_read_bps: Option<BTreeSet<DeviceRate>>,
    device_write_bps: Option<BTreeSet<DeviceRate>>,
    device_read_iops: Option<BTreeSet<DeviceRate>>,
    device_write_iops: Option<BTreeSet<DeviceRate>>,
    device_requests: Option<BTreeSet<DeviceRequest>>,
}

impl From<&Inspect> for Devices {
    fn from(inspect: &Inspect) -> Self {
        let host = &inspect.host_config;
        let rates = |list: &[DeviceRate]| Some(list.iter().cloned().collect());
        Devices {
            devices: Some(host.devices.iter().cloned().collect()),
            device_cgroup_rules: Some(host.device_cgroup_rules.clone()),
            device_read_bps: rates(&host.blkio_device_read_bps),
            device_write_bps: rates(&host.blkio_device_write_bps),
            device_read_iops: rates(&host.blkio_device_read_iops),
            device_write_iops: rates(&host.blkio_device_write_iops),
            device_requests: Some(host.device_requests.iter().cloned().collect()),
        }
    }
}

impl Devices {
    pub fn overlay(&mut self, wish: &Options, compare: &Compare) {
        compare.set("devices", &mut self.devices, wish.devices.clone().map(|devices| devices.0), []);
        compare.list("device_cgroup_rules", &mut self.device_cgroup_rules, wish.device_cgroup_rules.clone());
        compare.set("device_read_bps", &mut self.device_read_bps, rates(&wish.device_read_bps), []);
        compare.set("device_write_bps", &mut self.device_write_bps, rates(&wish.device_write_bps), []);
        compare.set("device_read_iops", &mut self.device_read_iops, rates(&wish.device_read_iops), []);
        compare.set("device_write_iops", &mut self.device_write_iops, rates(&wish.device_write_iops), []);
        self.overlay_requests(wish, compare);
    }

    /// A request that is there and has all that the user named is the one that was meant.
    fn overlay_requests(&mut self, wish: &Options, compare: &Compare) {
        let mode = compare.mode("device_requests", Kind::Collection, Comparison::AllowMorePresent);
        let (Some(wishes), false) = (&wish.device_requests, mode == Comparison::Ignore) else { return };
        let there = self.device_requests.take().unwrap_or_default();
        let meant = wishes.iter().map(|wish| {
            let present = there.iter().find(|present| wish.over((*present).clone()) == **present);
            present.cloned().unwrap_or_else(|| wish.over(DeviceRequest::default()))
        });
        let mut wanted: BTreeSet<DeviceRequest> = meant.collect();
        if mode == Comparison::AllowMorePresent {
            wanted.extend(there);
        }
        self.device_requests = Some(wanted);
    }

    pub fn write(&self, body: &mut Body) {
        let host = &mut body.host_config;
        put(host, "Devices", &self.devices);
        put(host, "DeviceCgroupRules", &self.device_cgroup_rules);
        put(host, "BlkioDeviceReadBps", &self.device_read_bps);
        put(host, "BlkioDeviceWriteBps", &self.device_write_bps);
        put(host, "BlkioDeviceReadIOps", &self.device_read_iops);
        put(host, "BlkioDeviceWriteIOps", &self.device_write_iops);
        put(host, "DeviceRequests", &self.device_requests);
    }
}

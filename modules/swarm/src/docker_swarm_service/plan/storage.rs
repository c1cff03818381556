//! Mounts.

use std::collections::BTreeMap;

use docker::ServiceSpec;
use docker::container as inspect;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::super::options::Options;
use super::super::options::mounts::{MountKind, MountOption};
use super::body::Body;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Storage {
    /// By mount point.
    #[serde(serialize_with = "listed")]
    mounts: Option<BTreeMap<String, Mount>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Mount {
    target: String,
    #[serde(rename = "type")]
    kind: String,
    source: String,
    readonly: Option<bool>,
    labels: Option<BTreeMap<String, String>>,
    propagation: Option<String>,
    no_copy: Option<bool>,
    driver_config: Option<DriverConfig>,
    tmpfs_size: Option<i64>,
    tmpfs_mode: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct DriverConfig {
    name: Option<String>,
    options: Option<BTreeMap<String, String>>,
}

impl From<&ServiceSpec> for Storage {
    fn from(spec: &ServiceSpec) -> Self {
        let mounts = spec.task_template.container_spec.mounts.iter();
        Storage { mounts: Some(mounts.map(|mount| (mount.target.clone(), Mount::from(mount))).collect()) }
    }
}

/// What Go leaves out as empty is empty.
impl From<&inspect::Mount> for Mount {
    fn from(mount: &inspect::Mount) -> Self {
        let volume = &mount.volume_options;
        let driver = &volume.driver_config;
        Mount {
            target: mount.target.clone(),
            kind: mount.kind.clone(),
            source: mount.source.clone().unwrap_or_default(),
            readonly: Some(mount.read_only),
            labels: Some(volume.labels.clone()),
            propagation: mount.bind_options.propagation.clone().filter(|word| !word.is_empty()),
            no_copy: Some(volume.no_copy),
            driver_config: Some(DriverConfig { name: driver.name.clone(), options: Some(driver.options.clone()) }),
            tmpfs_size: mount.tmpfs_options.size_bytes,
            tmpfs_mode: mount.tmpfs_options.mode,
        }
    }
}

impl Storage {
    /// Of a mount that is there, only what the user named counts; a mount that they did not name goes.
    pub fn overlay(&mut self, wish: &Options) {
        let Some(wanted) = &wish.mounts else { return };
        let mut there = self.mounts.take().unwrap_or_default();
        let laid = wanted.iter().map(|mount| {
            let same = there.remove(&mount.target).filter(|same| same.kind == mount.kind.word());
            (mount.target.clone(), same.unwrap_or_default().overlaid(mount))
        });
        self.mounts = Some(laid.collect());
    }

    pub fn write(&self, before: &Storage, body: &mut Body) {
        body.put_as("TaskTemplate.ContainerSpec.Mounts", &before.mounts, &self.mounts, |mounts| {
            mounts.values().map(Mount::wire).collect()
        });
    }
}

impl Mount {
    fn overlaid(self, wish: &MountOption) -> Self {
        let texts = |map: &BTreeMap<_, docker_module::Text>| {
            map.iter().map(|(name, text): (&String, _)| (name.clone(), text.0.clone())).collect()
        };
        let driver = wish.driver_config.as_ref().map(|driver| {
            let there = self.driver_config.clone().unwrap_or_default();
            DriverConfig {
                name: driver.name.clone().or(there.name),
                options: driver.options.as_ref().map(texts).or(there.options),
            }
        });
        Mount {
            target: wish.target.clone(),
            kind: wish.kind.word().to_owned(),
            source: wish.source.clone().unwrap_or_default(),
            readonly: wish.readonly.or(self.readonly),
            labels: wish.labels.as_ref().map(texts).or(self.labels),
            propagation: wish.propagation.map(|word| word.word().to_owned()).or(self.propagation),
            no_copy: wish.no_copy.or(self.no_copy),
            driver_config: driver.or(self.driver_config),
            tmpfs_size: wish.tmpfs_size.map(|size| size.0).or(self.tmpfs_size),
            tmpfs_mode: wish.tmpfs_mode.or(self.tmpfs_mode),
        }
    }

    /// As the engine takes it; an empty object of options is not the same as none.
    fn wire(&self) -> Value {
        let driver = self.driver_config.as_ref().filter(|driver| driver.name.is_some());
        let driver = driver.map(|driver| json!({ "Name": driver.name, "Options": driver.options }));
        let kind = |kind: MountKind| kind.word() == self.kind;
        let options = if kind(MountKind::Bind) {
            json!({ "BindOptions": { "Propagation": self.propagation } })
        } else if kind(MountKind::Volume) {
            let no_copy = self.no_copy.filter(|no_copy| *no_copy);
            let labels = self.labels.as_ref().filter(|labels| !labels.is_empty());
            json!({ "VolumeOptions": { "NoCopy": no_copy, "Labels": labels, "DriverConfig": driver } })
        } else if kind(MountKind::Tmpfs) {
            json!({ "TmpfsOptions": { "SizeBytes": self.tmpfs_size, "Mode": self.tmpfs_mode } })
        } else {
            json!({})
        };
        let mut wire = json!({ "Target": self.target, "Source": self.source, "Type": self.kind });
        wire["ReadOnly"] = self.readonly.unwrap_or(false).into();
        for (name, options) in docker::without_nulls(&options).as_object().into_iter().flatten() {
            if *options != json!({}) {
                wire[name] = options.clone();
            }
        }
        wire
    }
}

fn listed<S: Serializer>(mounts: &Option<BTreeMap<String, Mount>>, serializer: S) -> Result<S::Ok, S::Error> {
    mounts.as_ref().map(|mounts| mounts.values().collect::<Vec<_>>()).serialize(serializer)
}

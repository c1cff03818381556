//! Storage: mounts, binds, anonymous volumes, tmpfs.

use std::collections::{BTreeMap, BTreeSet};

use ansible::Failure;
use docker::Image;
use docker::container::{self as inspect, Container as Inspect};
use serde::Serialize;
use serde_json::{Value, json};

use super::super::options::mounts::{Mount, MountKind};
use super::super::options::{Comparison, Options};
use super::body::{Body, put};
use super::compare::{Compare, Kind};

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Storage {
    /// By mount point.
    mounts: Option<BTreeMap<String, Mount>>,
    /// Mount points of anonymous volumes.
    volumes: Option<BTreeSet<String>>,
    /// `SOURCE:PATH:MODE`
    volume_binds: Option<BTreeSet<String>>,
    tmpfs: Option<BTreeMap<String, String>>,
    volumes_from: Option<BTreeSet<String>>,
    volume_driver: Option<String>,
    storage_opts: Option<BTreeMap<String, String>>,
}

impl From<&Inspect> for Storage {
    fn from(container: &Inspect) -> Self {
        let host = &container.host_config;
        Storage {
            mounts: Some(host.mounts.iter().map(observed).map(|mount| (mount.target.clone(), mount)).collect()),
            volumes: Some(container.config.volumes.keys().cloned().collect()),
            volume_binds: Some(host.binds.iter().cloned().collect()),
            tmpfs: Some(host.tmpfs.clone()),
            volumes_from: Some(host.volumes_from.iter().cloned().collect()),
            volume_driver: Some(host.volume_driver.clone()),
            storage_opts: Some(host.storage_opt.clone()),
        }
    }
}

impl Storage {
    /// # Errors
    /// A mount point is named by both `mounts` and `volumes`.
    pub fn overlay(&mut self, wish: &Options, compare: &Compare, image: Option<&Image>) -> Result<(), Failure> {
        if let (Some(mounts), Some(volumes)) = (&wish.mounts, &wish.volumes)
            && let Some(mount) = mounts.0.iter().find(|mount| volumes.targets.contains(&mount.target))
        {
            let target = &mount.target;
            let msg = format!("The mount point \"{target}\" appears both in the volumes and mounts option");
            return Err(Failure::new(msg));
        }
        self.overlay_mounts(wish, compare);
        let from_image =
            image.map(|image| image.config.volumes.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        let (anonymous, binds) =
            wish.volumes.clone().map_or((None, None), |volumes| (Some(volumes.anonymous), Some(volumes.binds)));
        compare.set("volumes", &mut self.volumes, anonymous, from_image);
        compare.set("volumes", &mut self.volume_binds, binds, []);
        compare.map("tmpfs", &mut self.tmpfs, wish.tmpfs.clone().map(|tmpfs| tmpfs.0), []);
        compare.set("volumes_from", &mut self.volumes_from, wish.volumes_from.clone(), []);
        compare.value("volume_driver", &mut self.volume_driver, wish.volume_driver.clone());
        let options = wish.storage_opts.clone().map(|all| all.into_iter().map(|(key, text)| (key, text.0)).collect());
        compare.map("storage_opts", &mut self.storage_opts, options, []);
        Ok(())
    }

    /// Of a mount that is there, only the fields that the user named count.
    fn overlay_mounts(&mut self, wish: &Options, compare: &Compare) {
        let mode = compare.mode("mounts", Kind::Collection, Comparison::AllowMorePresent);
        let (Some(wish), false) = (&wish.mounts, mode == Comparison::Ignore) else { return };
        let there = self.mounts.get_or_insert_default();
        if mode == Comparison::Strict {
            there.retain(|target, _| wish.0.iter().any(|mount| mount.target == *target));
        }
        for mount in &wish.0 {
            let laid = match there.remove(&mount.target) {
                Some(present) => overlaid(present, mount.clone()),
                None => mount.clone(),
            };
            there.insert(mount.target.clone(), laid);
        }
    }

    pub fn write(&self, body: &mut Body) {
        let host = &mut body.host_config;
        put(host, "Mounts", &self.mounts.as_ref().map(|mounts| mounts.values().map(wire).collect::<Vec<_>>()));
        put(host, "Binds", &self.volume_binds);
        put(host, "Tmpfs", &self.tmpfs);
        put(host, "VolumesFrom", &self.volumes_from);
        put(host, "VolumeDriver", &self.volume_driver);
        put(host, "StorageOpt", &self.storage_opts);
        let volumes = self.volumes.as_ref();
        let volumes = volumes.map(|all| all.iter().map(|path| (path, json!({}))).collect::<BTreeMap<_, _>>());
        put(&mut body.config, "Volumes", &volumes);
    }
}

/// A mount as the engine tells it; what Go leaves out as false is false.
fn observed(mount: &inspect::Mount) -> Mount {
    let (bind, volume) = (&mount.bind_options, &mount.volume_options);
    Mount {
        target: mount.target.clone(),
        kind: mount.kind.parse().unwrap_or_default(),
        source: mount.source.clone(),
        read_only: Some(mount.read_only),
        consistency: mount.consistency.clone(),
        propagation: bind.propagation.clone(),
        non_recursive: Some(bind.non_recursive),
        create_mountpoint: Some(bind.create_mountpoint),
        read_only_non_recursive: Some(bind.read_only_non_recursive),
        read_only_force_recursive: Some(bind.read_only_force_recursive),
        no_copy: Some(volume.no_copy),
        labels: Some(volume.labels.clone()),
        volume_driver: volume.driver_config.name.clone(),
        volume_options: Some(volume.driver_config.options.clone()),
        subpath: volume.subpath.clone().or_else(|| mount.image_options.subpath.clone()),
        tmpfs_size: mount.tmpfs_options.size_bytes,
        tmpfs_mode: mount.tmpfs_options.mode,
        tmpfs_options: mount.tmpfs_options.options.clone(),
    }
}

fn overlaid(there: Mount, wish: Mount) -> Mount {
    let merged = |there: Option<BTreeMap<String, String>>, wish: Option<BTreeMap<String, String>>| match (there, wish) {
        (Some(there), Some(wish)) => Some(there.into_iter().chain(wish).collect()),
        (there, wish) => wish.or(there),
    };
    Mount {
        target: wish.target,
        kind: wish.kind,
        source: wish.source.or(there.source),
        read_only: wish.read_only.or(there.read_only),
        consistency: wish.consistency.or(there.consistency),
        propagation: wish.propagation.or(there.propagation),
        non_recursive: wish.non_recursive.or(there.non_recursive),
        create_mountpoint: wish.create_mountpoint.or(there.create_mountpoint),
        read_only_non_recursive: wish.read_only_non_recursive.or(there.read_only_non_recursive),
        read_only_force_recursive: wish.read_only_force_recursive.or(there.read_only_force_recursive),
        no_copy: wish.no_copy.or(there.no_copy),
        labels: merged(there.labels, wish.labels),
        volume_driver: wish.volume_driver.or(there.volume_driver),
        volume_options: merged(there.volume_options, wish.volume_options),
        subpath: wish.subpath.or(there.subpath),
        tmpfs_size: wish.tmpfs_size.or(there.tmpfs_size),
        tmpfs_mode: wish.tmpfs_mode.or(there.tmpfs_mode),
        tmpfs_options: wish.tmpfs_options.or(there.tmpfs_options),
    }
}

/// A mount as the engine takes it.
fn wire(mount: &Mount) -> Value {
    let driver = mount.volume_driver.as_ref();
    let driver = driver.map(|name| json!({ "Name": name, "Options": mount.volume_options }));
    let options = match mount.kind {
        MountKind::Bind => json!({ "BindOptions": {
            "Propagation": mount.propagation,
            "NonRecursive": mount.non_recursive,
            "CreateMountpoint": mount.create_mountpoint,
            "ReadOnlyNonRecursive": mount.read_only_non_recursive,
            "ReadOnlyForceRecursive": mount.read_only_force_recursive,
        }}),
        MountKind::Volume => json!({ "VolumeOptions": {
            "NoCopy": mount.no_copy, "Labels": mount.labels, "DriverConfig": driver, "Subpath": mount.subpath,
        }}),
        MountKind::Tmpfs => json!({ "TmpfsOptions": {
            "SizeBytes": mount.tmpfs_size, "Mode": mount.tmpfs_mode, "Options": mount.tmpfs_options,
        }}),
        MountKind::Image => json!({ "ImageOptions": { "Subpath": mount.subpath } }),
        MountKind::Npipe | MountKind::Cluster => json!({}),
    };
    let common = json!({
        "Target": mount.target, "Source": mount.source, "Type": mount.kind, "ReadOnly": mount.read_only,
        "Consistency": mount.consistency,
    });
    without_nulls(match (common, options) {
        (Value::Object(common), Value::Object(options)) => Value::Object(common.into_iter().chain(options).collect()),
        (common, _) => common,
    })
}

/// Old engines refuse fields that they don't know, even null ones; and an empty options object is not the same as none.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().map(|(key, value)| (key, without_nulls(value)));
            Value::Object(kept.filter(|(_, value)| !value.is_null() && *value != json!({})).collect())
        }
        other => other,
    }
}

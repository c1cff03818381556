//! A service's mounts as the API's `Mount`.

use serde_json::{Value, json};

use super::spec::Spec;
use super::{Names, labelled, scoped};
use crate::model::{Mount, MountKind};

pub(super) fn spec(mount: &Mount, names: &Names<'_>) -> Value {
    let base = |kind: &str, source: &str| {
        Spec::new()
            .set("Type", kind)
            .set("Source", source)
            .set("Target", &mount.target)
            .set("ReadOnly", mount.read_only)
            .set("Consistency", &mount.consistency)
    };
    match &mount.kind {
        MountKind::Volume { source: None, .. } => base("volume", ""),
        MountKind::Volume { source: Some(key), nocopy, subpath } => volume(base, key, *nocopy, subpath, names),
        MountKind::Bind { source, propagation } => {
            let options = propagation.as_ref().map(|propagation| Spec::new().set("Propagation", propagation).value());
            base("bind", source).put_some("BindOptions", options)
        }
        MountKind::Tmpfs { size, mode, said } => {
            let options = Spec::new().set("SizeBytes", size).set("Mode", mode);
            base("tmpfs", "").put_some("TmpfsOptions", said.then(|| options.value()))
        }
        MountKind::Npipe { source } => base("npipe", source),
        MountKind::Image { source, subpath } => {
            let options = subpath.as_ref().map(|subpath| Spec::new().set("Subpath", subpath).value());
            base("image", source).put_some("ImageOptions", options)
        }
        MountKind::Cluster { source } => {
            let group = source.starts_with("group:");
            let name = if group { source.clone() } else { volume_name(source, names) };
            base("cluster", &name).put("ClusterOptions", json!({}))
        }
    }
    .value()
}

fn volume_name(key: &str, names: &Names<'_>) -> String {
    let own = names.project.volumes.get(key).and_then(|volume| volume.name.clone());
    own.filter(|name| !name.is_empty()).unwrap_or_else(|| scoped(names.naming, key))
}

fn volume(
    base: impl Fn(&str, &str) -> Spec,
    key: &str,
    nocopy: Option<bool>,
    subpath: &str,
    names: &Names<'_>,
) -> Spec {
    let mut options = Spec::new().set("NoCopy", nocopy).set("Subpath", subpath);
    if let Some(volume) = names.project.volumes.get(key).filter(|volume| !volume.external) {
        options = options.set("Labels", labelled(&volume.labels, names.naming));
        let driver = Spec::new().set("Name", &volume.driver).set("Options", &volume.driver_opts);
        options = options.set("DriverConfig", driver.value());
    }
    base("volume", &volume_name(key, names)).put("VolumeOptions", options.value())
}

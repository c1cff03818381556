//! `Mounts` of a container: what was asked for, by kind.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A mount, as it was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct Mount {
    pub target: String,
    pub source: Option<String>,
    /// `bind`, `volume`, `tmpfs`, `npipe`, `cluster`, `image`.
    #[serde(rename = "Type")]
    pub kind: String,
    pub read_only: bool,
    pub consistency: Option<String>,
    pub bind_options: BindOptions,
    pub volume_options: VolumeOptions,
    pub tmpfs_options: TmpfsOptions,
    pub image_options: ImageOptions,
}

/// How a bind mount is bound.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct BindOptions {
    pub propagation: Option<String>,
    pub non_recursive: bool,
    pub create_mountpoint: bool,
    pub read_only_non_recursive: bool,
    pub read_only_force_recursive: bool,
}

/// How a volume is mounted, and made if there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct VolumeOptions {
    pub no_copy: bool,
    pub labels: BTreeMap<String, String>,
    pub driver_config: DriverConfig,
    pub subpath: Option<String>,
}

/// A volume's driver.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct DriverConfig {
    pub name: Option<String>,
    pub options: BTreeMap<String, String>,
}

/// How a tmpfs is made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct TmpfsOptions {
    pub size_bytes: Option<i64>,
    pub mode: Option<u32>,
    pub options: Option<Vec<Vec<String>>>,
}

/// Which part of an image is mounted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)]
pub struct ImageOptions {
    pub subpath: Option<String>,
}

//! `mounts`: how they are written.

use std::collections::{BTreeMap, BTreeSet};

use ansible::Failure;
use docker_module::{Size, Text, options_of_mount};
use serde::Deserialize;

use super::{Options, PARSING};

#[derive(Clone, Debug, Deserialize)]
pub struct MountOption {
    pub source: Option<String>,
    pub target: String,
    #[serde(rename = "type")]
    pub kind: MountKind,
    pub readonly: Option<bool>,
    pub labels: Option<BTreeMap<String, Text>>,
    pub propagation: Option<Propagation>,
    pub no_copy: Option<bool>,
    pub driver_config: Option<DriverConfig>,
    pub tmpfs_size: Option<Size>,
    pub tmpfs_mode: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MountKind {
    Bind,
    Volume,
    Tmpfs,
    Npipe,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Propagation {
    Shared,
    Slave,
    Private,
    Rshared,
    Rslave,
    Rprivate,
}

#[derive(Clone, Debug, Deserialize)]
pub struct DriverConfig {
    pub name: Option<String>,
    pub options: Option<BTreeMap<String, Text>>,
}

impl MountKind {
    /// As the engine writes it.
    pub fn word(self) -> &'static str {
        match self {
            MountKind::Bind => "bind",
            MountKind::Volume => "volume",
            MountKind::Tmpfs => "tmpfs",
            MountKind::Npipe => "npipe",
        }
    }
}

impl Propagation {
    /// As the engine writes it.
    pub fn word(self) -> &'static str {
        match self {
            Propagation::Shared => "shared",
            Propagation::Slave => "slave",
            Propagation::Private => "private",
            Propagation::Rshared => "rshared",
            Propagation::Rslave => "rslave",
            Propagation::Rprivate => "rprivate",
        }
    }
}

impl Options {
    /// Which option goes with which type of mount.
    ///
    /// # Errors
    /// Names the first that does not, and a mount point that is named twice.
    pub fn check_mounts(&self) -> Result<(), Failure> {
        let mut targets = BTreeSet::new();
        for mount in self.mounts.iter().flatten() {
            if !targets.insert(&mount.target) {
                return Err(Failure::new(format!(
                    "The mount point \"{}\" appears twice in the mounts option",
                    mount.target
                )));
            }
            mount.check()?;
        }
        Ok(())
    }
}

impl MountOption {
    fn check(&self) -> Result<(), Failure> {
        if self.source.is_none() && self.kind != MountKind::Tmpfs {
            return Err(Failure::new(format!(
                "{PARSING}Source must be specified for mounts which are not of type tmpfs"
            )));
        }
        let [bind, volume, tmpfs] = [MountKind::Bind, MountKind::Volume, MountKind::Tmpfs].map(MountKind::word);
        options_of_mount(
            &self.target,
            self.kind.word(),
            &[
                ("labels", self.labels.is_some(), &[volume]),
                ("propagation", self.propagation.is_some(), &[bind]),
                ("no_copy", self.no_copy.is_some(), &[volume]),
                ("driver_config", self.driver_config.is_some(), &[volume]),
                ("tmpfs_size", self.tmpfs_size.is_some(), &[tmpfs]),
                ("tmpfs_mode", self.tmpfs_mode.is_some(), &[tmpfs]),
            ],
        )
        .map_err(|sentence| Failure::new(sentence.0))
    }
}

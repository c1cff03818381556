//! What a volume is to be: the options of `docker volume create --driver cdgp`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::trouble::{Result, trouble};

/// A volume as its creator wanted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Where its files are.
    pub backend: Backend,
    /// The mode of its topmost folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
    /// The user and group of its topmost folder, by number: those of the containers, whatever the host calls them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<(u32, u32)>,
    /// What it is filled with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_snapshot: Option<SnapshotName>,
}

/// Where a volume's files are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Backend {
    /// A folder.
    Directory,
    /// A folder on a file system whose files can share blocks.
    Reflink,
    /// A btrfs subvolume, with a quota if it has a size.
    Btrfs { size: Option<u64> },
    /// In memory, for as long as somebody uses it.
    Tmpfs { size: Option<u64> },
    /// A file system of its own in a file.
    Image { size: Option<u64>, filesystem: Filesystem },
    /// A folder of an NFS server.
    Nfs(Remote),
    /// A share of an SMB server.
    Cifs(Remote),
}

/// The file system in an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Filesystem {
    Ext4,
    Xfs,
}

/// What is mounted from another host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remote {
    /// `server:/path`, or `//server/share`.
    pub device: String,
    /// Options of the mount.
    pub options: String,
    /// A file with `username=`, `password=` and `domain=`, so that no password stands in the engine's records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<String>,
}

/// A snapshot of a volume: `db/before`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SnapshotName {
    /// The volume.
    pub volume: String,
    /// The snapshot's own name.
    pub name: String,
}

impl TryFrom<String> for SnapshotName {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        let parts = text.split_once('/').filter(|(volume, name)| is_name(volume) && is_name(name));
        let (volume, name) = parts.ok_or_else(|| format!("{text:?} names no snapshot: write VOLUME/SNAPSHOT"))?;
        Ok(SnapshotName { volume: volume.to_owned(), name: name.to_owned() })
    }
}

impl From<SnapshotName> for String {
    fn from(SnapshotName { volume, name }: SnapshotName) -> String {
        format!("{volume}/{name}")
    }
}

/// Whether a volume or a snapshot may be called that: what Docker takes, and what a folder can be named.
pub fn is_name(name: &str) -> bool {
    docker::is_name(name) && name.len() <= 200
}

/// The kinds of back ends, as `backend` names them.
pub const BACKENDS: [&str; 7] = ["directory", "reflink", "btrfs", "tmpfs", "image", "nfs", "cifs"];

const OPTIONS: &str = "backend, cifs_credentials, device, filesystem, from_snapshot, mode, o, owner, size";

impl Spec {
    /// Reads the options; `usual` is the back end of volumes that name none.
    ///
    /// # Errors
    /// One that is not known, can't be read, or does not go with the back end.
    pub fn read(options: &BTreeMap<String, String>, usual: &str) -> Result<Spec> {
        let mut left: BTreeMap<&str, &str> = options
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let size = left.remove("size").map(size).transpose()?;
        let mode = left.remove("mode").map(mode).transpose()?;
        let owner = left.remove("owner").map(owner).transpose()?;
        let from_snapshot = left.remove("from_snapshot").map(|text| SnapshotName::try_from(text.to_owned()));
        let from_snapshot = from_snapshot.transpose().map_err(|why| trouble!("option `from_snapshot`: {why}"))?;
        let kind = left.remove("backend").unwrap_or(usual);
        let sized = ["btrfs", "tmpfs", "image"].contains(&kind);
        if size.is_some() && !sized {
            return Err(trouble!(
                "option `size`: back end {kind} can't limit a volume; take backend=image, btrfs or tmpfs"
            ));
        }
        let backend = match kind {
            "directory" => Backend::Directory,
            "reflink" => Backend::Reflink,
            "btrfs" => Backend::Btrfs { size },
            "tmpfs" => Backend::Tmpfs { size },
            "image" => {
                if size.is_none() && from_snapshot.is_none() {
                    return Err(trouble!("back end image needs the option `size`, such as size=10G"));
                }
                let filesystem = left.remove("filesystem").map_or(Ok(Filesystem::Ext4), filesystem)?;
                Backend::Image { size, filesystem }
            }
            "nfs" => Backend::Nfs(remote(&mut left, kind)?),
            "cifs" => Backend::Cifs(remote(&mut left, kind)?),
            other => {
                return Err(trouble!("option `backend`: {other:?} is none of {}", BACKENDS.join(", ")));
            }
        };
        if from_snapshot.is_some() && matches!(backend, Backend::Tmpfs { .. } | Backend::Nfs(_) | Backend::Cifs(_)) {
            return Err(trouble!(
                "option `from_snapshot`: back end {kind} can't be filled; take one that keeps files here"
            ));
        }
        if (mode.is_some() || owner.is_some()) && matches!(backend, Backend::Nfs(_) | Backend::Cifs(_)) {
            return Err(trouble!(
                "options `mode` and `owner`: of back end {kind} the server decides; use `o` for its own options"
            ));
        }
        match left.keys().next() {
            Some(key) if OPTIONS.split(", ").any(|known| known == *key) => {
                Err(trouble!("option `{key}` does not go with back end {kind}"))
            }
            Some(key) => Err(trouble!("option `{key}` is not known; there are {OPTIONS}")),
            None => Ok(Spec { backend, mode, owner, from_snapshot }),
        }
    }
}

impl Filesystem {
    /// Its name, as mount(2) has it.
    pub fn name(self) -> &'static str {
        match self {
            Filesystem::Ext4 => "ext4",
            Filesystem::Xfs => "xfs",
        }
    }
}

impl Backend {
    /// Its name, as `backend` has it.
    pub fn name(&self) -> &'static str {
        match self {
            Backend::Directory => "directory",
            Backend::Reflink => "reflink",
            Backend::Btrfs { .. } => "btrfs",
            Backend::Tmpfs { .. } => "tmpfs",
            Backend::Image { .. } => "image",
            Backend::Nfs(_) => "nfs",
            Backend::Cifs(_) => "cifs",
        }
    }

    /// The size that it is limited to.
    pub fn size(&self) -> Option<u64> {
        match self {
            Backend::Btrfs { size } | Backend::Tmpfs { size } | Backend::Image { size, .. } => *size,
            Backend::Directory | Backend::Reflink | Backend::Nfs(_) | Backend::Cifs(_) => None,
        }
    }

    /// Whether it is mounted only while somebody uses it.
    pub fn is_mounted_on_use(&self) -> bool {
        match self {
            Backend::Tmpfs { .. } | Backend::Image { .. } | Backend::Nfs(_) | Backend::Cifs(_) => true,
            Backend::Directory | Backend::Reflink | Backend::Btrfs { .. } => false,
        }
    }
}

fn size(text: &str) -> Result<u64> {
    let docker_module::Size(bytes) = docker_module::Size::try_from(docker_module::Text(text.to_owned()))
        .map_err(|_| trouble!("option `size`: can't read {text:?}: write a number and a unit, such as 512M or 2G"))?;
    match u64::try_from(bytes) {
        Ok(bytes) if bytes > 0 => Ok(bytes),
        _ => Err(trouble!("option `size`: {text:?} is no room at all")),
    }
}

fn mode(text: &str) -> Result<u32> {
    let bits = u32::from_str_radix(text, 8).ok().filter(|bits| *bits <= 0o7777 && !text.starts_with('+'));
    bits.ok_or_else(|| trouble!("option `mode`: {text:?} is no octal mode, such as 0750"))
}

fn owner(text: &str) -> Result<(u32, u32)> {
    let (user, group) = text.split_once(':').unwrap_or((text, text));
    // The last number means nobody to chown(2).
    let number = |text: &str| text.parse().ok().filter(|number| *number != u32::MAX && !text.starts_with('+'));
    number(user).zip(number(group)).ok_or_else(|| {
        trouble!("option `owner`: can't read {text:?}: write numbers, such as 999 or 999:999; the host does not know a container's names")
    })
}

fn filesystem(text: &str) -> Result<Filesystem> {
    match text {
        "ext4" => Ok(Filesystem::Ext4),
        "xfs" => Ok(Filesystem::Xfs),
        other => Err(trouble!("option `filesystem`: {other:?} is none of ext4, xfs")),
    }
}

fn remote(left: &mut BTreeMap<&str, &str>, kind: &str) -> Result<Remote> {
    let example = if kind == "nfs" { "server:/export/data" } else { "//server/share" };
    let device = left
        .remove("device")
        .ok_or_else(|| trouble!("back end {kind} needs the option `device`, such as device={example}"))?;
    let fits = if kind == "nfs" { device.contains(":/") } else { device.starts_with("//") };
    if !fits {
        return Err(trouble!("option `device`: {device:?} names no {kind} share; write it as {example}"));
    }
    let credentials = if kind == "cifs" { left.remove("cifs_credentials").map(str::to_owned) } else { None };
    let options = left.remove("o").unwrap_or_default().to_owned();
    Ok(Remote { device: device.to_owned(), options, credentials })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[(&str, &str)]) -> std::result::Result<Spec, String> {
        let options = options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Spec::read(&options, "directory").map_err(|trouble| trouble.0)
    }

    #[test]
    fn options_that_go_together() {
        let plain = Spec { backend: Backend::Directory, mode: None, owner: None, from_snapshot: None };
        assert_eq!(read(&[]), Ok(plain.clone()));
        assert_eq!(read(&[("mode", "")]), Ok(plain.clone()));
        let wanted = Spec { mode: Some(0o1750), owner: Some((999, 5)), ..plain.clone() };
        assert_eq!(read(&[("mode", "1750"), ("owner", "999:5")]), Ok(wanted));
        let backend = Backend::Image { size: Some(64 << 20), filesystem: Filesystem::Xfs };
        assert_eq!(
            read(&[("backend", "image"), ("size", "64M"), ("filesystem", "xfs")]),
            Ok(Spec { backend, ..plain })
        );
        let filled = read(&[("from_snapshot", "db/before")]).unwrap();
        assert_eq!(filled.from_snapshot.map(String::from).as_deref(), Some("db/before"));
    }

    #[test]
    fn options_that_do_not() {
        for (options, part) in [
            (&[("siz", "1G")][..], "`siz` is not known"),
            (&[("size", "1G")], "can't limit"),
            (&[("backend", "image")], "needs the option `size`"),
            (&[("backend", "image"), ("size", "0")], "no room"),
            (&[("backend", "image"), ("size", "-1")], "can't read"),
            (&[("backend", "zfs")], "none of directory"),
            (&[("filesystem", "xfs")], "`filesystem` does not go with back end directory"),
            (&[("mode", "rwx")], "no octal mode"),
            (&[("mode", "17777")], "no octal mode"),
            (&[("owner", "postgres")], "write numbers"),
            (&[("owner", "4294967295")], "write numbers"),
            (&[("from_snapshot", "../x/y")], "names no snapshot"),
            (&[("from_snapshot", "db")], "names no snapshot"),
            (&[("backend", "tmpfs"), ("from_snapshot", "db/x1")], "can't be filled"),
            (&[("backend", "nfs")], "needs the option `device`"),
            (&[("backend", "nfs"), ("device", "/export")], "names no nfs share"),
            (&[("backend", "cifs"), ("device", "//h/s"), ("mode", "755")], "the server decides"),
        ] {
            let error = read(options).unwrap_err();
            assert!(error.contains(part), "{options:?}: {error}");
        }
    }

    #[test]
    fn a_spec_is_kept_as_it_was() {
        let spec = read(&[("backend", "btrfs"), ("size", "1G"), ("owner", "7"), ("from_snapshot", "db/x1")]).unwrap();
        let text = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<Spec>(&text).unwrap(), spec, "{text}");
    }
}

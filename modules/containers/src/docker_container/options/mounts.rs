//! `mounts`, `volumes` and `tmpfs`: how storage is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, PathBuf};

use ansible::Sentence;
use docker_module::{Size, Text, options_of_mount};
use serde::{Deserialize, Serialize};

use super::Target;

/// One entry of `mounts`. `None`: not said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Mount {
    #[serde(skip)]
    pub target: String,
    #[serde(rename = "type")]
    pub kind: MountKind,
    pub source: Option<String>,
    pub read_only: Option<bool>,
    pub consistency: Option<String>,
    pub propagation: Option<String>,
    pub non_recursive: Option<bool>,
    pub create_mountpoint: Option<bool>,
    pub read_only_non_recursive: Option<bool>,
    pub read_only_force_recursive: Option<bool>,
    pub no_copy: Option<bool>,
    pub labels: Option<BTreeMap<String, String>>,
    pub volume_driver: Option<String>,
    pub volume_options: Option<BTreeMap<String, String>>,
    pub subpath: Option<String>,
    /// Bytes.
    pub tmpfs_size: Option<i64>,
    pub tmpfs_mode: Option<u32>,
    /// `[key]` or `[key, value]` each.
    pub tmpfs_options: Option<Vec<Vec<String>>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MountKind {
    Bind,
    #[default]
    Volume,
    Tmpfs,
    Npipe,
    Cluster,
    Image,
}

impl MountKind {
    pub fn as_str(self) -> &'static str {
        match self {
            MountKind::Bind => "bind",
            MountKind::Volume => "volume",
            MountKind::Tmpfs => "tmpfs",
            MountKind::Npipe => "npipe",
            MountKind::Cluster => "cluster",
            MountKind::Image => "image",
        }
    }
}

impl std::str::FromStr for MountKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        use MountKind::{Bind, Cluster, Image, Npipe, Tmpfs, Volume};
        [Bind, Volume, Tmpfs, Npipe, Cluster, Image].into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// `mounts` as the user writes it.
#[derive(Clone, Debug, Deserialize)]
pub struct MountOption {
    target: String,
    source: Option<String>,
    #[serde(rename = "type")]
    kind: MountKind,
    read_only: Option<bool>,
    consistency: Option<String>,
    propagation: Option<String>,
    non_recursive: Option<bool>,
    create_mountpoint: Option<bool>,
    read_only_non_recursive: Option<bool>,
    read_only_force_recursive: Option<bool>,
    no_copy: Option<bool>,
    labels: Option<BTreeMap<String, Text>>,
    volume_driver: Option<String>,
    volume_options: Option<BTreeMap<String, Text>>,
    subpath: Option<String>,
    tmpfs_size: Option<Size>,
    tmpfs_mode: Option<String>,
    tmpfs_options: Option<Vec<BTreeMap<String, Option<String>>>>,
}

/// The mounts, in the order given, each target once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<MountOption>")]
pub struct Mounts(pub Vec<Mount>);

impl TryFrom<Vec<MountOption>> for Mounts {
    type Error = Sentence;

    fn try_from(given: Vec<MountOption>) -> Result<Self, Sentence> {
        let mut targets = BTreeSet::new();
        for mount in &given {
            if !targets.insert(&mount.target) {
                return fail(format!("The mount point \"{}\" appears twice in the mounts option", mount.target));
            }
        }
        given.into_iter().map(mount).collect::<Result<_, _>>().map(Mounts)
    }
}

/// Which option goes with which type of mount.
fn mount(given: MountOption) -> Result<Mount, Sentence> {
    use MountKind::{Bind, Cluster, Image, Tmpfs, Volume};
    let (target, kind) = (&given.target, given.kind);
    if given.source.is_none() && !matches!(kind, Tmpfs | Volume | Image | Cluster) {
        return fail(format!("source must be specified for mount \"{target}\" of type \"{}\"", kind.as_str()));
    }
    let [bind, volume, image, tmpfs] = [Bind, Volume, Image, Tmpfs].map(MountKind::as_str);
    options_of_mount(
        target,
        kind.as_str(),
        &[
            ("create_mountpoint", given.create_mountpoint.is_some(), &[bind]),
            ("labels", given.labels.is_some(), &[volume]),
            ("no_copy", given.no_copy.is_some(), &[volume]),
            ("non_recursive", given.non_recursive.is_some(), &[bind]),
            ("propagation", given.propagation.is_some(), &[bind]),
            ("read_only_force_recursive", given.read_only_force_recursive.is_some(), &[bind]),
            ("read_only_non_recursive", given.read_only_non_recursive.is_some(), &[bind]),
            ("subpath", given.subpath.is_some(), &[volume, image]),
            ("tmpfs_size", given.tmpfs_size.is_some(), &[tmpfs]),
            ("tmpfs_mode", given.tmpfs_mode.is_some(), &[tmpfs]),
            ("tmpfs_options", given.tmpfs_options.is_some(), &[tmpfs]),
            ("volume_driver", given.volume_driver.is_some(), &[volume]),
            ("volume_options", given.volume_options.is_some(), &[volume]),
        ],
    )?;
    let tmpfs_mode = match &given.tmpfs_mode {
        None => None,
        Some(text) => match u32::from_str_radix(text.trim_start_matches("0o"), 8) {
            Ok(mode) => Some(mode),
            Err(_) => return fail(format!("tmp_fs mode of mount \"{target}\" is not an octal string!")),
        },
    };
    let tmpfs_options = given.tmpfs_options.map(|options| tmpfs_options(target, options)).transpose()?;
    let texts = |map: BTreeMap<String, Text>| map.into_iter().map(|(key, text)| (key, text.0)).collect();
    Ok(Mount {
        target: given.target,
        kind,
        source: given.source,
        read_only: given.read_only,
        consistency: given.consistency,
        propagation: given.propagation,
        non_recursive: given.non_recursive,
        create_mountpoint: given.create_mountpoint,
        read_only_non_recursive: given.read_only_non_recursive,
        read_only_force_recursive: given.read_only_force_recursive,
        no_copy: given.no_copy,
        labels: given.labels.map(texts),
        volume_driver: given.volume_driver,
        volume_options: given.volume_options.map(texts),
        subpath: given.subpath,
        tmpfs_size: given.tmpfs_size.map(|size| size.0),
        tmpfs_mode,
        tmpfs_options,
    })
}

fn tmpfs_options(target: &str, given: Vec<BTreeMap<String, Option<String>>>) -> Result<Vec<Vec<String>>, Sentence> {
    let one = |(index, option): (usize, BTreeMap<String, Option<String>>)| {
        let mut entries = option.into_iter();
        match (entries.next(), entries.next()) {
            (Some((key, value)), None) => Ok([key].into_iter().chain(value).collect()),
            _ => fail(format!("tmpfs_options[{}] of mount \"{target}\" must be a one-element dictionary!", index + 1)),
        }
    };
    given.into_iter().enumerate().map(one).collect()
}

/// `volumes`: `PATH` (anonymous), `SOURCE:PATH` and `SOURCE:PATH:MODE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Volumes {
    /// Mount points of anonymous volumes.
    pub anonymous: BTreeSet<String>,
    /// `SOURCE:PATH:MODE`
    pub binds: BTreeSet<String>,
    /// Every mount point, once.
    pub targets: BTreeSet<String>,
}

impl TryFrom<Vec<String>> for Volumes {
    type Error = Sentence;

    fn try_from(given: Vec<String>) -> Result<Self, Sentence> {
        let mut volumes = Volumes::default();
        for text in given {
            let parts: Vec<&str> = text.split(':').collect();
            let (source, target, mode) = match parts.as_slice() {
                [source, target, mode] if is_mode(mode) => (Some(*source), *target, *mode),
                [_, _, _, _, ..] => return fail(format!("\"{text}\" has too many colons: write SOURCE:PATH:MODE")),
                [""] => return fail("A volume's mount point is empty"),
                [_, _, mode] => return fail(format!("Found invalid volumes mode: {mode}")),
                [source, target] if !is_mode(target) => (Some(*source), *target, "rw"),
                [target, _] => (None, *target, ""),
                _ => (None, text.as_str(), ""),
            };
            if !volumes.targets.insert(target.to_owned()) {
                return fail(format!("The mount point \"{target}\" appears twice in the volumes option"));
            }
            match source {
                Some(source) => volumes.binds.insert(format!("{source}:{target}:{mode}")),
                None => volumes.anonymous.insert(text.clone()),
            };
        }
        Ok(volumes)
    }
}

fn is_mode(text: &str) -> bool {
    const MODES: [&str; 14] = [
        "rw",
        "ro",
        "z",
        "Z",
        "consistent",
        "delegated",
        "cached",
        "rprivate",
        "private",
        "rshared",
        "shared",
        "rslave",
        "slave",
        "nocopy",
    ];
    text.split(',').all(|part| MODES.contains(&part))
}

impl Volumes {
    /// The same, with sources that begin with `.` or `~` as absolute paths of the target.
    pub fn below(&self, target: &Target) -> Volumes {
        let absolute = |bind: &String| match bind.split_once(':') {
            Some((source, rest)) => format!("{}:{rest}", host_path(source, target)),
            None => bind.clone(),
        };
        Volumes { binds: self.binds.iter().map(absolute).collect(), ..self.clone() }
    }
}

/// A path that starts with `.` or `~` is made absolute, as the docker CLI does it; anything else is a path or a name.
fn host_path(source: &str, target: &Target) -> String {
    let path = match source.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => match &target.home {
            Some(home) => format!("{home}{rest}"),
            // The engine refuses it; without a home, `~/data` must not become `/data`.
            None => return source.to_owned(),
        },
        _ => source.to_owned(),
    };
    if !source.starts_with(['.', '~']) {
        return path;
    }
    // Lexically, without asking the file system: the source may not be there yet.
    let mut clean = PathBuf::new();
    for part in target.folder.join(path).components() {
        match part {
            Component::ParentDir => drop(clean.pop()),
            Component::CurDir => {}
            part => clean.push(part),
        }
    }
    clean.to_string_lossy().into_owned()
}

/// `tmpfs`: `PATH` or `PATH:OPTIONS`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct Tmpfs(pub BTreeMap<String, String>);

impl From<Vec<String>> for Tmpfs {
    fn from(given: Vec<String>) -> Self {
        let entry = |text: String| match text.split_once(':') {
            Some((path, options)) => (path.to_owned(), options.to_owned()),
            None => (text, String::new()),
        };
        Tmpfs(given.into_iter().map(entry).collect())
    }
}

fn fail<T>(reason: impl Into<String>) -> Result<T, Sentence> {
    Err(Sentence(reason.into()))
}

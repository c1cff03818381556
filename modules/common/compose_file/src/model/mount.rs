//! What a service mounts, in its short and its long form.

use crate::fields::Item;
use crate::load::Context;
use crate::model::Known;
use crate::{Error, paths};

/// One mount of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Mount {
    /// The path in the containers.
    pub target: String,
    /// Whether it can't be written.
    pub read_only: bool,
    /// `consistent`, `cached` or `delegated`; empty for none.
    pub consistency: String,
    /// What is mounted.
    pub kind: MountKind,
}

/// What is mounted.
#[derive(Clone, Debug, PartialEq)]
pub enum MountKind {
    /// A volume: one of the file's by its name there, or a nameless one.
    Volume {
        /// The name in the file; none for a new volume per container.
        source: Option<String>,
        /// Whether the image's files stay out of a new volume; none: nothing is said.
        nocopy: Option<bool>,
        /// The path in the volume; empty for its root.
        subpath: String,
    },
    /// A path of the node.
    Bind {
        /// The path.
        source: String,
        /// `rprivate` and its like; none when nothing is said.
        propagation: Option<String>,
    },
    /// Memory.
    Tmpfs {
        /// Its size in bytes; 0 for no limit.
        size: i64,
        /// Its root's mode; 0 for the default.
        mode: u32,
        /// Whether anything was said of it.
        said: bool,
    },
    /// A named pipe of Windows.
    Npipe {
        /// The pipe.
        source: String,
    },
    /// An image.
    Image {
        /// The image's name.
        source: String,
        /// The path in it; none when nothing is said.
        subpath: Option<String>,
    },
    /// A volume of the swarm (CSI): one of the file's by its name there, or `group:NAME`.
    Cluster {
        /// The name or group.
        source: String,
    },
}

/// A short form taken apart.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Short<'a> {
    pub source: &'a str,
    pub target: &'a str,
    pub options: &'a str,
}

/// Takes `[SOURCE:]TARGET[:OPTIONS]` apart; a Windows drive's colon is none of those.
///
/// # Errors
/// The reason: it is none of that.
pub(crate) fn short(text: &str) -> Result<Short<'_>, &'static str> {
    if text.len() <= 2 {
        return if text.is_empty() { Err("it is empty") } else { Ok(Short { target: text, ..Short::default() }) };
    }
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, letter) in text.char_indices() {
        let part = &text[start..at];
        let is_drive = part.len() == 1 && part.starts_with(|c: char| c.is_ascii_alphabetic());
        if letter == ':' && !is_drive {
            parts.push(part);
            start = at + 1;
        }
    }
    parts.push(&text[start..]);
    if parts.iter().any(|part| part.is_empty()) {
        return Err("empty section between colons");
    }
    match parts[..] {
        [target] => Ok(Short { target, ..Short::default() }),
        [source, target] => Ok(Short { source, target, options: "" }),
        [source, target, options] => Ok(Short { source, target, options }),
        _ => Err("too many colons"),
    }
}

/// Whether a short form's source is a path of the node, not a volume's name.
fn is_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~', '\\']) || paths::has_drive(source)
}

const PROPAGATIONS: [&str; 6] = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];

impl Mount {
    pub(crate) fn read(item: &Item<'_>, known: &Known<'_>, context: &mut Context<'_>) -> Result<Mount, Error> {
        let mount = if item.node.map().is_some() { long(item, context)? } else { from_short(item, context)? };
        let defined = |name: &str| {
            let there = known.volumes.contains_key(name);
            if there {
                Ok(())
            } else {
                Err(item.error(format!("undefined volume {name:?}: define it under `volumes`")))
            }
        };
        match &mount.kind {
            MountKind::Volume { source: Some(source), .. } => defined(source)?,
            MountKind::Cluster { source } if !source.starts_with("group:") => defined(source)?,
            _ => {}
        }
        Ok(mount)
    }

    /// An entry of a service's `tmpfs`: `/run` or `/run:size=64m,mode=1777`.
    pub(crate) fn tmpfs(item: &Item<'_>) -> Result<Mount, Error> {
        let text = item.text()?;
        let (target, options) = text.split_once(':').unwrap_or((&text, ""));
        let (mut size, mut mode) = (0, 0);
        for option in options.split(',').filter(|option| !option.is_empty()) {
            let read = match option.split_once('=') {
                Some(("size", value)) => crate::format::size(value).map(|value| size = value),
                Some(("mode", value)) => u32::from_str_radix(value, 8).ok().map(|value| mode = value),
                _ => None,
            };
            read.ok_or_else(|| item.error(format!("{option:?}: a swarm's tmpfs has the options size and mode")))?;
        }
        let kind = MountKind::Tmpfs { size, mode, said: size != 0 || mode != 0 };
        Ok(Mount { target: target.to_owned(), read_only: false, consistency: String::new(), kind })
    }
}

fn from_short(item: &Item<'_>, context: &mut Context<'_>) -> Result<Mount, Error> {
    let text = item.text()?;
    let short = short(&text).map_err(|reason| item.error(format!("invalid spec: {text}: {reason}")))?;
    let (mut read_only, mut nocopy, mut propagation) = (false, None, None);
    for option in short.options.split(',').filter(|option| !option.is_empty()) {
        match option {
            "ro" => read_only = true,
            "rw" => read_only = false,
            "nocopy" => nocopy = Some(true),
            option if PROPAGATIONS.contains(&option) => propagation = Some(option.to_owned()),
            option => {
                let reason = format!("the mount option {option:?} is ignored: a swarm does not know it");
                context.warn(&item.node.place, &item.path, &reason);
            }
        }
    }
    let kind = if is_path(short.source) {
        MountKind::Bind { source: context.on_the_node(short.source, &item.node.place), propagation }
    } else {
        let source = Some(short.source.to_owned()).filter(|source| !source.is_empty());
        if propagation.is_some() {
            return Err(item.error("bind options are incompatible with type volume"));
        }
        MountKind::Volume { source, nocopy, subpath: String::new() }
    };
    if nocopy.is_some() && matches!(kind, MountKind::Bind { .. }) {
        return Err(item.error("volume options are incompatible with type bind"));
    }
    Ok(Mount { target: short.target.to_owned(), read_only, consistency: String::new(), kind })
}

fn long(item: &Item<'_>, context: &mut Context<'_>) -> Result<Mount, Error> {
    let mut fields = item.fields()?;
    let kinds = ["volume", "bind", "tmpfs", "npipe", "image", "cluster"];
    let kind = fields.take("type").ok_or_else(|| item.error("`type` is missing: volume, bind, tmpfs or another"))?;
    let kind = kind.one_of(&kinds)?;
    let source = fields.read("source", Item::text)?.filter(|source| !source.is_empty());
    let target = fields.read("target", Item::text)?.filter(|target| !target.is_empty());
    let target = target.ok_or_else(|| item.error("`target` is missing: the path in the containers"))?;
    let read_only = fields.read("read_only", Item::boolean)?.unwrap_or(false);
    let consistency = fields.read("consistency", Item::text)?.unwrap_or_default();
    let mut parts = kinds.map(|kind| (kind, fields.take(kind)));
    fields.end(&[])?;
    if let Some((other, part)) = parts.iter().find(|(name, part)| part.is_some() && *name != kind) {
        let allowed = kind == "npipe" && *other == "bind";
        if !allowed {
            let reason = format!("{other} options are incompatible with type {kind}");
            return Err(part.as_ref().map_or_else(|| item.error(&reason), |part| part.error(&reason)));
        }
    }
    let part = parts.iter_mut().find(|(name, _)| *name == kind).and_then(|(_, part)| part.take());
    let must = |source: Option<String>| {
        source.ok_or_else(|| item.error(format!("invalid {kind} source, source cannot be empty")))
    };
    let kind = match kind.as_str() {
        "volume" => {
            let (nocopy, subpath) = match &part {
                None => (None, None),
                Some(part) => {
                    let mut fields = part.fields()?;
                    let read = (fields.read("nocopy", Item::boolean)?, fields.read("subpath", Item::text)?);
                    fields.end(&[("labels", "label the volume under `volumes`")])?;
                    read
                }
            };
            MountKind::Volume { source, nocopy, subpath: subpath.unwrap_or_default() }
        }
        "bind" => {
            let source = must(source)?;
            MountKind::Bind {
                source: context.on_the_node(&source, &item.node.place),
                propagation: part.as_ref().map(|part| propagation(part, context)).transpose()?.flatten(),
            }
        }
        "tmpfs" => {
            if source.is_some() {
                return Err(item.error("invalid tmpfs source, source must be empty"));
            }
            let (mut size, mut mode, said) = (0, 0, part.is_some());
            if let Some(part) = &part {
                let mut fields = part.fields()?;
                size = fields.read("size", Item::size)?.unwrap_or(0);
                mode = fields.read("mode", Item::mode)?.unwrap_or(0);
                fields.end(&[])?;
            }
            MountKind::Tmpfs { size, mode, said }
        }
        "npipe" => MountKind::Npipe { source: must(source)? },
        "image" => {
            let subpath = part.as_ref().map(|part| {
                let mut fields = part.fields()?;
                let subpath = fields.read("subpath", Item::text)?;
                fields.end(&[])?;
                Ok(subpath.unwrap_or_default())
            });
            MountKind::Image { source: must(source)?, subpath: subpath.transpose()? }
        }
        _ => {
            if let Some(part) = &part {
                part.fields()?.end(&[])?;
            }
            MountKind::Cluster { source: must(source)? }
        }
    };
    Ok(Mount { target, read_only, consistency, kind })
}

/// What is said of a bind mount; what only Compose does with one is said to be ignored.
fn propagation(part: &Item<'_>, context: &mut Context<'_>) -> Result<Option<String>, Error> {
    let mut fields = part.fields()?;
    let propagation = fields.read("propagation", |item| item.one_of(&PROPAGATIONS))?;
    for key in ["create_host_path", "selinux", "recursive"] {
        if let Some(item) = fields.take(key) {
            context.warn(&item.node.place, &item.path, "ignored: a stack does not have it");
        }
    }
    fields.end(&[])?;
    Ok(Some(propagation.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms() {
        for (text, wanted) in [
            ("/data", Ok(("", "/data", ""))),
            ("db:/data", Ok(("db", "/data", ""))),
            ("./x:/data:ro,z", Ok(("./x", "/data", "ro,z"))),
            (r"C:\x:D:\y", Ok((r"C:\x", r"D:\y", ""))),
            ("/x", Ok(("", "/x", ""))),
            ("é:/x", Ok(("é", "/x", ""))),
            ("ab::c", Err("empty section between colons")),
            (":/data", Err("empty section between colons")),
            ("aa:bb:cc:dd", Err("too many colons")),
            ("", Err("it is empty")),
        ] {
            let got = short(text).map(|short| (short.source, short.target, short.options));
            assert_eq!(got, wanted, "{text}");
        }
    }
}

//! What `host_file` reads: the file, and whatever else its plan depends on.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use ansible::Failure;
use serde::{Deserialize, Serialize};

use super::mode::Mode;
use super::options::{Options, Want};
use crate::accounts::Account;

/// What is there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Observed {
    /// The path that is meant, links resolved where they are followed.
    pub path: String,
    /// What is at the path.
    pub node: Option<Node>,
    /// Whether the folder above is missing.
    pub no_folder: bool,
    /// Whether the path is a link that leads nowhere.
    pub dangling: bool,
    /// The number of the account that `owner` names.
    pub owner: Option<u32>,
    /// The number of the account that `group` names.
    pub group: Option<u32>,
    /// Bits that a new file does not get.
    pub umask: Mode,
    /// The file that is to be copied or linked to.
    pub source: Option<Node>,
    /// Whether `path` is another name of `source` already.
    pub same_file: bool,
    /// What is below the path, when `recurse` asks for it.
    pub below: Vec<Below>,
}

/// A file of any kind.
#[derive(Clone, Debug, Deserialize)]
pub struct Node {
    pub kind: Kind,
    pub mode: Mode,
    #[serde(default)]
    pub owner: u32,
    #[serde(default)]
    pub group: u32,
    /// Where a link leads.
    #[serde(default)]
    pub to: Option<String>,
    /// A file's content, where the plan needs it.
    #[serde(default, deserialize_with = "text")]
    pub content: Option<Vec<u8>>,
    /// Whether a folder has nothing in it.
    #[serde(default)]
    pub empty: bool,
}

/// Something below a folder.
#[derive(Clone, Debug, Deserialize)]
pub struct Below {
    pub path: String,
    #[serde(flatten)]
    pub node: Node,
}

/// Kinds by the words that Ansible's results have for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Directory,
    File,
    Hard,
    Link,
    /// A device, a socket, a pipe.
    Other,
}

/// A golden case's content is text.
fn text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(String::into_bytes))
}

/// Reads it.
///
/// # Errors
/// An account is not known, or something is there that can't be read.
pub async fn observe(options: &Options, want: &Want) -> Result<Observed, Failure> {
    let path = real_path(options, want)?;
    let needs_content =
        matches!(want, Want::Content(_) | Want::CopyOf(_) | Want::Line(_) | Want::NoLine(_) | Want::Block(_));
    let node = node(&path, needs_content)?;
    let source = match want {
        Want::CopyOf(from) => {
            let found = self::node(&fs::canonicalize(from).unwrap_or_else(|_| from.into()), true)?;
            Some(found.ok_or_else(|| Failure::new(format!("Source {from} not found")))?)
        }
        Want::HardLink { to } => self::node(Path::new(to), false)?,
        Want::Link { to } => {
            let folder = path.parent().unwrap_or(Path::new("/"));
            self::node(&folder.join(to), false)?
        }
        _ => None,
    };
    let same_file = match want {
        Want::HardLink { to } => is_same(&path, Path::new(to)),
        _ => false,
    };
    let below = match (want, &node) {
        (Want::Directory, Some(node)) if options.recurse && node.kind == Kind::Directory => below(&path)?,
        _ => Vec::new(),
    };
    Ok(Observed {
        dangling: path.is_symlink() && !path.exists(),
        no_folder: path.parent().is_some_and(|folder| !folder.is_dir()),
        path: path.to_string_lossy().into_owned(),
        node,
        owner: number(options.owner.as_deref(), Account::User).await?,
        group: number(options.group.as_deref(), Account::Group).await?,
        umask: umask(),
        source,
        same_file,
        below,
    })
}

/// The path, links resolved where they are followed. A link that leads nowhere stays.
fn real_path(options: &Options, want: &Want) -> Result<PathBuf, Failure> {
    let path = PathBuf::from(&options.path);
    if !path.is_absolute() {
        return Err(Failure::new(format!("`path`: {:?} is not absolute", options.path)));
    }
    // Edits go through links, whatever `follow` says, as they do in Ansible.
    let edits = matches!(want, Want::Line(_) | Want::NoLine(_) | Want::Block(_));
    let follows = edits || options.follow.unwrap_or_else(|| want.follows());
    if !follows {
        return Ok(path);
    }
    Ok(match fs::canonicalize(&path) {
        Ok(real) => real,
        // What would be made is what the link names.
        Err(_) if edits || matches!(want, Want::Directory) => match (fs::read_link(&path), path.parent()) {
            (Ok(to), Some(folder)) => folder.join(to),
            _ => path,
        },
        Err(_) => path,
    })
}

async fn number(name: Option<&str>, account: Account) -> Result<Option<u32>, Failure> {
    let Some(name) = name else { return Ok(None) };
    let (kind, doing) = if account == Account::User { ("user", "chown") } else { ("group", "chgrp") };
    match account.number(name).await {
        Some(number) => Ok(Some(number)),
        None => Err(Failure::new(format!("{doing} failed: failed to look up {kind} {name}"))),
    }
}

/// Source: proc(5). Reading it by umask(2) would change it.
fn umask() -> Mode {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let bits = status.lines().find_map(|line| u32::from_str_radix(line.strip_prefix("Umask:")?.trim(), 8).ok());
    Mode(bits.unwrap_or(0o022))
}

/// What is at a path, not followed.
pub fn node(path: &Path, with_content: bool) -> Result<Option<Node>, Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("reading {}: {error}", path.display()));
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let kind = kind(&found);
    let is_file = matches!(kind, Kind::File | Kind::Hard);
    Ok(Some(Node {
        kind,
        mode: Mode(found.mode() & 0o7777),
        owner: found.uid(),
        group: found.gid(),
        to: if kind == Kind::Link {
            fs::read_link(path).ok().map(|to| to.to_string_lossy().into_owned())
        } else {
            None
        },
        content: if is_file && with_content { Some(fs::read(path).map_err(failed)?) } else { None },
        empty: kind == Kind::Directory && fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none()),
    }))
}

fn kind(found: &Metadata) -> Kind {
    let kind = found.file_type();
    if kind.is_symlink() {
        Kind::Link
    } else if kind.is_dir() {
        Kind::Directory
    } else if kind.is_fifo() || kind.is_socket() || kind.is_block_device() || kind.is_char_device() {
        Kind::Other
    } else if found.nlink() > 1 {
        Kind::Hard
    } else {
        Kind::File
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    let id = |path: &Path| fs::symlink_metadata(path).ok().map(|found| (found.dev(), found.ino()));
    id(one).is_some() && id(one) == id(other)
}

/// Everything below a folder, links not followed.
fn below(folder: &Path) -> Result<Vec<Below>, Failure> {
    let mut all = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        let entries = fs::read_dir(&folder).map_err(|e| Failure::new(format!("reading {}: {e}", folder.display())))?;
        for entry in entries.flatten() {
            let path = entry.path();
            let Some(node) = node(&path, false)? else { continue };
            if node.kind == Kind::Directory {
                waiting.push(path.clone());
            }
            all.push(Below { path: path.to_string_lossy().into_owned(), node });
        }
    }
    all.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(all)
}

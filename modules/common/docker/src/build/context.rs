//! A build context: the folder, what of it goes to the engine, and the Dockerfile.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::ignore::{Ignore, Matched};

/// What a build is made of. Nothing but names and small facts is held in memory.
#[derive(Debug)]
pub struct Context {
    /// The folder, without links in its path.
    pub(super) root: PathBuf,
    pub(super) entries: Vec<Entry>,
    pub(super) dockerfile: Dockerfile,
}

/// One file, folder or link below the root.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Relative to the root.
    pub path: PathBuf,
    pub kind: Kind,
    /// The permission bits, those of set-uid and the like among them.
    pub mode: u32,
    /// Seconds since 1970.
    pub mtime: u64,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Folder,
    File { size: u64 },
    Link { to: PathBuf },
}

/// The Dockerfile: its text, and where it is.
#[derive(Debug, Clone)]
pub struct Dockerfile {
    /// As read.
    pub text: Vec<u8>,
    pub(super) place: Place,
}

#[derive(Debug, Clone)]
pub(super) enum Place {
    /// In the context, at this path.
    Inside(PathBuf),
    Outside,
}

/// Why a context can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// A file of it can't be read.
    #[error("reading {} of the build context: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file had another size than when it was listed.
    #[error("{} changed while it was read; run the task when nothing writes there", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A pattern is malformed.
    #[error("line {line} of {}: the pattern {pattern:?} is malformed", path.display())]
    Pattern {
        /// The `.dockerignore`.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// As written.
        pattern: String,
    },
    /// There is no Dockerfile.
    #[error("there is no Dockerfile at {}", path.display())]
    NoDockerfile {
        /// Where it should be.
        path: PathBuf,
    },
    /// The engine does not take the archive any more.
    #[error("sending the build context: {0}")]
    Send(io::Error),
}

impl Context {
    /// Reads the folder `root`. `dockerfile` is relative to it, and may lie outside; without it, it is `Dockerfile` or,
    /// as the CLI has it, `dockerfile`. Sockets, pipes and devices are left out.
    ///
    /// # Errors
    /// Something can't be read, or there is no Dockerfile.
    pub fn open(root: &Path, dockerfile: Option<&Path>) -> Result<Context, ContextError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| ContextError::Read { path, source }
        };
        let root = root.canonicalize().map_err(unreadable(root))?;
        let named = match dockerfile {
            Some(path) => root.join(path),
            None => ["Dockerfile", "dockerfile"]
                .map(|name| root.join(name))
                .into_iter()
                .find(|path| path.exists())
                .unwrap_or_else(|| root.join("Dockerfile")),
        };
        let dockerfile = match (std::fs::read(&named), named.canonicalize()) {
            (Ok(text), Ok(path)) => {
                let place = path.strip_prefix(&root).map_or(Place::Outside, |path| Place::Inside(path.to_owned()));
                Dockerfile { text, place }
            }
            (Err(error), _) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ContextError::NoDockerfile { path: named });
            }
            (Err(error), _) | (_, Err(error)) => return Err(unreadable(&named)(error)),
        };
        let mut context = Context { entries: Vec::new(), dockerfile, root };
        let ignore = context.ignore(&named)?;
        context.walk(Path::new(""), &ignore, &Matched::default(), &mut Vec::new())?;
        Ok(context)
    }

    /// The Dockerfile.
    pub fn dockerfile(&self) -> &Dockerfile {
        &self.dockerfile
    }

    /// The patterns: those beside the Dockerfile and for it alone (`NAME.dockerignore`), else those of the context.
    fn ignore(&self, dockerfile: &Path) -> Result<Ignore, ContextError> {
        let mut own = dockerfile.as_os_str().to_owned();
        own.push(".dockerignore");
        for path in [PathBuf::from(own), self.root.join(".dockerignore")] {
            match std::fs::read(&path) {
                Ok(text) => {
                    return Ignore::parse(&String::from_utf8_lossy(&text))
                        .map_err(|(line, pattern)| ContextError::Pattern { path, line, pattern });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(ContextError::Read { path, source }),
            }
        }
        Ok(Ignore::default())
    }

    /// Adds what is in `folder` (relative), sorted by name. `pending` are folders that stay behind unless something in
    /// them comes along.
    fn walk(
        &mut self,
        folder: &Path,
        ignore: &Ignore,
        matched: &Matched,
        pending: &mut Vec<Entry>,
    ) -> Result<(), ContextError> {
        let full = self.root.join(folder);
        let unreadable = |source| ContextError::Read { path: full.clone(), source };
        let mut names = std::fs::read_dir(&full)
            .and_then(|listed| listed.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>())
            .map_err(unreadable)?;
        names.sort();
        for name in names {
            let path = folder.join(name);
            let text = path.to_string_lossy().into_owned();
            let (ignored, matched) = ignore.ignores(&text, matched);
            let is_dockerfile = matches!(&self.dockerfile.place, Place::Inside(inside) if *inside == path);
            // The engine reads both, and then leaves them out itself where they are ignored.
            let sent_all_the_same = is_dockerfile || text == ".dockerignore";
            let holds_dockerfile = matches!(&self.dockerfile.place, Place::Inside(inside) if inside.starts_with(&path));
            if ignored && !sent_all_the_same && !holds_dockerfile && !ignore.has_exception_below(&text) {
                continue;
            }
            let Some(entry) = self.entry(path)? else { continue };
            let is_folder = matches!(entry.kind, Kind::Folder);
            let path = entry.path.clone();
            let depth = pending.len();
            if ignored && is_folder {
                pending.push(entry);
            } else if !ignored || sent_all_the_same {
                self.entries.append(pending);
                self.entries.push(entry);
            }
            if is_folder {
                self.walk(&path, ignore, &matched, pending)?;
                pending.truncate(depth);
            }
        }
        Ok(())
    }

    /// `None` for what is neither file, folder nor link.
    fn entry(&self, path: PathBuf) -> Result<Option<Entry>, ContextError> {
        let full = self.root.join(&path);
        let unreadable = |source| ContextError::Read { path: full.clone(), source };
        let facts = std::fs::symlink_metadata(&full).map_err(unreadable)?;
        let kind = if facts.is_dir() {
            Kind::Folder
        } else if facts.is_symlink() {
            Kind::Link { to: std::fs::read_link(&full).map_err(unreadable)? }
        } else if facts.is_file() {
            Kind::File { size: facts.size() }
        } else {
            return Ok(None);
        };
        let mtime = u64::try_from(facts.mtime()).unwrap_or(0);
        Ok(Some(Entry { path, kind, mode: facts.mode() & 0o7777, mtime }))
    }
}

//! The options of `docker_container_copy_into`.

use std::path::{Component, Path, PathBuf};

use ansible::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub container: String,
    pub path: Option<PathBuf>,
    content: Option<String>,
    content_is_b64: bool,
    container_path: String,
    pub follow: bool,
    local_follow: bool,
    owner_id: Option<u64>,
    group_id: Option<u64>,
    mode: Option<Value>,
    mode_parse: ModeParse,
    pub force: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ModeParse {
    Legacy,
    Modern,
    OctalStringOnly,
}

/// What is to be copied.
#[derive(Debug)]
pub enum Source {
    /// Text of the task.
    Content(Vec<u8>),
    /// A regular file on the target.
    File { path: PathBuf, size: u64, mode: u32 },
    /// A link on the target, which goes as a link.
    Link { target: String },
}

impl Options {
    /// The source.
    ///
    /// # Errors
    /// It can't be decoded, or there is no such file.
    pub fn source(&self) -> Result<Source, Failure> {
        let Some(path) = &self.path else {
            let content = self.content.clone().unwrap_or_default();
            if !self.content_is_b64 {
                return Ok(Source::Content(content.into_bytes()));
            }
            // Base64 is broken into lines now and then.
            let letters: String = content.split_ascii_whitespace().collect();
            let decoded = STANDARD.decode(letters);
            return decoded
                .map(Source::Content)
                .map_err(|error| Failure::new(format!("Cannot Base64 decode the content option: {error}")));
        };
        let shown = path.display();
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => Failure::new(format!("Cannot find local file {shown}")),
            _ => Failure::new(format!("reading `path` {shown}: {error}")),
        };
        let facts = if self.local_follow { path.metadata() } else { path.symlink_metadata() }.map_err(failed)?;
        if facts.is_symlink() {
            let target = path.read_link().map_err(failed)?;
            return Ok(Source::Link { target: target.to_string_lossy().into_owned() });
        }
        if !facts.is_file() {
            return Err(Failure::new(format!("Local path {shown} is not a symbolic link or file")));
        }
        let mode = std::os::unix::fs::MetadataExt::mode(&facts) & 0o7777;
        Ok(Source::File { path: path.clone(), size: facts.len(), mode })
    }

    /// Where it goes: an absolute path without `.` and `..`.
    ///
    /// # Errors
    /// It is the root itself.
    pub fn container_path(&self) -> Result<String, Failure> {
        let mut path = PathBuf::from("/");
        for component in Path::new(&self.container_path).components() {
            match component {
                Component::ParentDir => drop(path.pop()),
                Component::Normal(name) => path.push(name),
                Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
            }
        }
        match path.file_name() {
            Some(_) => Ok(path.to_string_lossy().into_owned()),
            None => Err(Failure::new("`container_path` is the container's root: name the file in it")),
        }
    }

    /// Owner and group, where the user names them.
    pub fn owner(&self) -> Option<(u64, u64)> {
        self.owner_id.zip(self.group_id)
    }

    /// The permission bits, where the user names them.
    ///
    /// # Errors
    /// They can't be read.
    pub fn mode(&self) -> Result<Option<u32>, Failure> {
        let Some(mode) = &self.mode else { return Ok(None) };
        let octal = |text: &str| u32::from_str_radix(text.trim_start_matches("0o"), 8).ok();
        let number = match (self.mode_parse, mode) {
            (ModeParse::OctalStringOnly, Value::Number(_)) => {
                return Err(Failure::new("mode must be an octal string when mode_parse=octal_string_only"));
            }
            (ModeParse::Legacy | ModeParse::Modern, Value::Number(number)) => {
                number.as_u64().and_then(|number| u32::try_from(number).ok())
            }
            (ModeParse::Legacy, Value::String(text)) => text.trim().parse().ok(),
            (ModeParse::Modern | ModeParse::OctalStringOnly, Value::String(text)) => octal(text.trim()),
            _ => None,
        };
        match number {
            Some(mode) if mode <= 0o7777 => Ok(Some(mode)),
            _ => Err(Failure::new(format!("`mode` {mode} is no file mode: write an octal string such as '0644'"))),
        }
    }
}

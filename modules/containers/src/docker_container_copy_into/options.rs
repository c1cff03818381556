//! The options of `docker_container_copy_into`.

use std::path::{Component, Path, PathBuf};

use ansible::Failure;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub struct Options {
    pub container: String,
    pub path: Option<PathBuf>,
    pub content: Option<String>,
    pub content_is_b64: bool,
    container_path: String,
    pub follow: bool,
    pub local_follow: bool,
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

impl Options {
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

//! The compose files of a stack, and the objects that follow from them.

use ansible::Failure;
use compose_file::model::Content;
use compose_file::{Naming, Source, Stack, Surroundings, convert, load};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::options::Options;

/// The target's files and our environment.
pub struct Target;

impl Surroundings for Target {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(path).map_err(|error| error.to_string())
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

/// What the files say, and what a user should know of them.
///
/// # Errors
/// A file can't be read, or has something that a stack can't have.
pub fn stack(options: &Options, around: &dyn Surroundings) -> Result<(Stack, Vec<String>), Failure> {
    let here =
        std::env::current_dir().map(|path| path.to_string_lossy().into_owned()).unwrap_or_else(|_| ".".to_owned());
    let mut sources = Vec::new();
    for (index, element) in options.compose.iter().enumerate() {
        sources.push(match element {
            Value::String(path) if path.starts_with('/') => Source::File(path.clone()),
            Value::String(path) => Source::File(format!("{here}/{path}")),
            Value::Object(_) => Source::Data(format!("compose[{index}]"), element.clone()),
            other => {
                return Err(Failure::new(format!("compose element '{other}' must be a string or a dictionary")));
            }
        });
    }
    let first = sources.iter().find_map(|source| match source {
        Source::File(path) => Some(compose_file::parent(path).to_owned()),
        Source::Data(..) => None,
    });
    let loaded = load(&sources, &first.unwrap_or(here), around)?;
    let version = |content: &Content| options.rotate.then(|| version(content));
    Ok((convert(&loaded.project, &Naming { stack: &options.name, version: &version }), loaded.warnings))
}

/// How many letters of a content's checksum stand in a rotated name.
pub const VERSION: usize = 12;

fn version(Content(bytes): &Content) -> String {
    Sha256::digest(bytes).iter().take(VERSION / 2).map(|byte| format!("{byte:02x}")).collect()
}

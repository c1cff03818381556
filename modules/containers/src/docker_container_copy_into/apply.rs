//! One engine call for each action.

use std::fs::File;
use std::io::{Cursor, Read};

use ansible::Failure;
use docker::Engine;
use docker::container_file::Content;

use super::plan::Action;
use super::source::Source;

pub async fn apply(engine: &Engine, action: &Action, source: &Source) -> Result<(), Failure> {
    let content: Content<Box<dyn Read + Send>> = match source {
        Source::Content(bytes) => {
            Content::File { reader: Box::new(Cursor::new(bytes.clone())), size: bytes.len() as u64 }
        }
        Source::File { path, size, .. } => Content::File { reader: Box::new(File::open(path)?), size: *size },
        Source::Link { target } => Content::Link { target: target.clone() },
    };
    let place = action.path.rsplit_once('/').unwrap_or(("", &action.path));
    let folder = if place.0.is_empty() { "/" } else { place.0 };
    let (user, group) = action.owner;
    Ok(engine.write_to_container(&action.container, (folder, place.1), (action.mode, user, group), content).await?)
}

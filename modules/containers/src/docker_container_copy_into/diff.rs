//! The diff of a file: its text before and after, as Ansible's own file modules give it.

use serde_json::{Map, Value};

use super::options::Options;

/// Bytes: what is longer is not compared by its text. As ansible-core's MAX_FILE_SIZE_FOR_DIFF.
pub const LARGEST: u64 = 104_448;

/// The text of a file, if it has one that can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    Known(String),
    Binary,
    TooLarge,
}

impl Text {
    pub fn of(content: Vec<u8>) -> Self {
        if content.contains(&0) {
            return Text::Binary;
        }
        String::from_utf8(content).map_or(Text::Binary, Text::Known)
    }
}

/// Before and after, if it is copied.
#[derive(Debug)]
pub struct Texts {
    pub before: Text,
    pub after: Text,
}

/// The diff for a file at `path`.
pub fn of(options: &Options, path: &str, texts: &Texts) -> Value {
    let kept = options.force == Some(false) && texts.before != Text::Known(String::new());
    let source =
        options.path.as_ref().map_or_else(|| "dynamically generated".to_owned(), |path| path.display().to_string());
    let (after, after_header) = if kept { (&texts.before, path) } else { (&texts.after, source.as_str()) };
    let mut diff = Map::new();
    for (side, file, text, header) in [("before", "dst", &texts.before, path), ("after", "src", after, after_header)] {
        match text {
            Text::Known(text) => {
                diff.insert(side.to_owned(), text.as_str().into());
                diff.insert(format!("{side}_header"), header.into());
            }
            Text::Binary => drop(diff.insert(format!("{file}_binary"), 1.into())),
            Text::TooLarge => drop(diff.insert(format!("{file}_larger"), LARGEST.into())),
        }
    }
    Value::Object(diff)
}

//! The test of a health check.

use serde::Deserialize;

use crate::Text;

/// A command line for the container's shell, or the words of a command after `CMD`, `CMD-SHELL` or `NONE`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "it must be a command line or a list of words")]
pub enum HealthTest {
    /// The words, as the engine takes them.
    List(Vec<Text>),
    /// The line.
    Line(Text),
}

impl HealthTest {
    /// The test as the engine takes it; empty for none.
    pub fn words(&self) -> Vec<String> {
        match self {
            HealthTest::List(words) => words.iter().map(|word| word.0.clone()).collect(),
            HealthTest::Line(Text(line)) if line.is_empty() => vec![],
            HealthTest::Line(Text(line)) => vec!["CMD-SHELL".to_owned(), line.clone()],
        }
    }
}
